import { SAMPLE_PAIR } from './sample-pair.ts';

/** The least number of characters of a secret; the real service's have 80. */
const SHORTEST = 16;
/** A text of at most this length that is repeated is as weak as one repetition. */
const LONGEST_PIECE = 8;
const FEWEST_CHARACTERS = 5;

/** Secrets that are published: in the official documentation, and the sandbox's. */
const PUBLISHED: ReadonlySet<string> = new Set([SAMPLE_PAIR.impSecret, 'sandbox_secret_b']);

/** A placeholder of an example: dots, or brackets around a name. */
const UNFILLED = /…|\.\.\.|^[<[({$%].*[>\])}%]$/u;
/** Consists of such words only, with any characters between them. */
const FILLER = new RegExp(
  `^(?:${[
    'a an the your my our own this it me here in with goes please some real any of',
    'change replace insert enter put set fill paste copy add todo fixme placeholder',
    'imp rest api key secret password passwd pass token value string code id client merchant shop store user',
    'admin iamport portone bonin default prod production test testing sample example dummy fake demo sandbox',
    'super top very not so hello world qwertyuiop qwerty asdfghjkl asdfgh asdf zxcvbnm',
    '시크릿 비밀키 비밀번호 비밀 키 값 여기에 여기 을 를 입력하세요 입력 발급받은 가맹점',
  ]
    .join(' ')
    .replaceAll(' ', '|')})+$`,
  'u',
);
/** Longer than any placeholder. */
const LONGEST_FILLER = 200;

/**
 * Says what a guessable `imp_secret` must be instead; null for a good one. Finds secrets that were not filled in; it
 * cannot know how a secret was made.
 */
export function findGuessable(secret: string, impKeys: readonly string[]): string | null {
  if (secret.length < SHORTEST) return `have at least ${SHORTEST} characters`;
  if (impKeys.some((key) => key.toLowerCase() === secret.toLowerCase()))
    return 'be another text than an imp_key';
  if (PUBLISHED.has(secret)) return 'not be one that is published as an example';
  if (UNFILLED.test(secret) || isFiller(secret)) return 'be a secret and not a placeholder';
  return isMonotonous(secret) ? 'be random, and not a pattern' : null;
}

/** Only when half of it is letters: the few letters of a random text in hex may happen to be words. */
function isFiller(secret: string): boolean {
  const letters = secret.toLowerCase().replace(/[^\p{L}]/gu, '');
  return secret.length <= LONGEST_FILLER && letters.length * 2 >= secret.length && FILLER.test(letters);
}

/** Repeats one piece, has very few different characters, or consists mostly of sequences such as `abcd`. */
function isMonotonous(secret: string): boolean {
  const text = secret.toLowerCase();
  if (new Set(text).size < FEWEST_CHARACTERS) return true;
  for (let length = 1; length <= LONGEST_PIECE; length++)
    if ([...text.slice(length)].every((letter, at) => letter === text[at])) return true;
  const steps = Array.from(text.slice(1), (_, at) => text.charCodeAt(at + 1) - text.charCodeAt(at));
  return steps.filter((step) => Math.abs(step) <= 1).length * 4 >= steps.length * 3;
}
