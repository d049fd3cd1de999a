import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME, PANEL, SAMPLES, SCREENS } from '../../test/page/samples.ts';
import type { Language } from '../html/language.ts';
import { escapeText } from '../html/template.ts';
import { CONSENT_COPY } from './consent-copy.ts';
import { COPY, PHASES, PROBLEMS } from './copy.ts';
import { FAILURES, type FailureReason } from './failure.ts';
import { FAILURE_COPY } from './failure-copy.ts';
import { renderScreen } from './render.ts';
import { OUTCOMES, outcomeLabel, SANDBOX_COPY } from './sandbox-copy.ts';
import type { Problem, Screen, ScreenContext } from './screen.ts';

const LANGUAGES: readonly Language[] = ['ko', 'en'];
const SANDBOX: ScreenContext = { ...FRAME, sandbox: { ...PANEL, picker: 'open', auto: 0 } };
const HEAVIEST = 30 * 1024;
/** Screens without a question for the person. */
const ENDS: readonly Screen['kind'][] = ['waiting', 'success', 'failure', 'dead'];

/** Every screen in both languages, with and without a sandbox. */
const ALL = SAMPLES.flatMap((sample) =>
  LANGUAGES.flatMap((language) =>
    [FRAME, SANDBOX].map((context) => ({
      title: `${sample} ${language}${context.sandbox ? ' sandbox' : ''}`,
      screen: SCREENS[sample] as Screen,
      language,
      page: renderScreen(SCREENS[sample], { ...context, language }),
    })),
  ),
);

/** How many times a part occurs in a text. */
function count(text: string, what: string | RegExp): number {
  return text.split(what).length - 1;
}

/** The tags of the page, without the texts between them and in attributes. */
function skeleton(page: string): string {
  return (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""')).join('');
}

describe.each(ALL)('$title', ({ screen, language, page }) => {
  it('is one light document with a language, a title, one heading, and nothing from elsewhere', () => {
    expect(page).toMatch(new RegExp(`^<!doctype html>\n<html lang="${language}">`));
    expect(page).toMatch(/<title>[^<]+ - (본인인증|Identity verification)<\/title>/);
    expect(count(page, '<h1 ')).toBe(1);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(HEAVIEST);
    expect(page).not.toMatch(/ src=|<link|@import|url\(|<img|<iframe| style=| on[a-z]+=/);
  });

  it('puts the focus in exactly one place and links to the other language', () => {
    expect(count(page, / autofocus/)).toBe(1);
    const other = language === 'ko' ? 'en' : 'ko';
    expect(page).toContain(`href="/page/s/sample?lang=${other}" lang="${other}"`);
  });

  it('posts every form with its step and language, the first button goes on, one button cancels', () => {
    const forms = page.match(/<form [\s\S]*?<\/form>/g) ?? [];
    for (const form of forms) {
      // The form that leads to the agency is posted to the agency.
      if (form.startsWith('<form method="post" action="https://agency.example/start">')) continue;
      expect(form).toMatch(
        new RegExp(`^<form method="post" action="/page/s/sample\\?lang=${language}" novalidate>`),
      );
      expect(form).toContain('<input type="hidden" name="step" value="3">');
    }
    const ends = ENDS.includes(screen.kind);
    expect(count(page, 'value="cancel" formnovalidate')).toBe(ends ? 0 : 1);
    const [first] = /<button class="[a-z]+" name="do" value="[a-z]+"/.exec(page) ?? [];
    const goes = { app: 'approved', hand_over: 'cancel' }[screen.kind as string] ?? 'next';
    const look = goes === 'cancel' ? 'quiet' : 'primary';
    expect(first).toBe(ends ? undefined : `<button class="${look}" name="do" value="${goes}"`);
  });

  it('has no field that the browser itself would refuse', () => {
    expect(page).not.toMatch(/<input[^>]* (required|pattern|min|max)\b/);
  });
});

describe('the way to an agency', () => {
  it.each([{ id: '1' }, null])('leads to no address that runs a script (fields: %j)', (fields) => {
    for (const address of ['javascript:alert(1)', 'data:text/html,x', 'JAVASCRIPT:alert(1)']) {
      const page = renderScreen({ kind: 'hand_over', address, fields }, FRAME);
      expect(page.toLowerCase()).not.toMatch(/(?:href|action)="(?:javascript|data):/);
      expect(page).not.toMatch(/<(?:a|button)[^>]* data-go/);
    }
    expect(renderScreen({ kind: 'hand_over', address: 'https://agency.example/', fields }, FRAME)).toMatch(
      /<(?:a|button)[^>]* data-go/,
    );
  });
});

describe('a problem', () => {
  const fields: Readonly<Record<string, readonly Problem['field'][]>> = {
    'carrier-mvno': ['carrier', 'network'],
    consent: ['agree_personal', 'agree_unique_id', 'agree_carrier', 'agree_service'],
    method: ['method'],
    person: ['name', 'birth', 'gender_digit', 'phone'],
    code: ['otp'],
  };
  const sentences = Object.keys(PROBLEMS) as Problem['sentence'][];
  const cases = SAMPLES.flatMap((sample) => (fields[sample] ?? []).map((field) => ({ sample, field })));

  it.each(cases)(
    'of $field on $sample stands on top with a link and beside the field',
    ({ sample, field }) => {
      for (const language of LANGUAGES)
        for (const sentence of sentences) {
          const screen = { ...SCREENS[sample], problems: [{ field, sentence }] } as Screen;
          const page = renderScreen(screen, { ...FRAME, language });
          const text = escapeText(PROBLEMS[sentence][language]);
          expect(page).toMatch(new RegExp(`<li><a href="#f-${field}">[^<]*</a></li>`));
          expect(page).toContain(`${text}</a></li>`);
          expect(page).toContain(`<p class="wrong" id="e-${field}"><span>${text}</span> </p>`);
          expect(count(page, `id="f-${field}"`)).toBe(1);
          expect(page).toMatch(new RegExp(`aria-describedby="([a-z_ -]+ )?e-${field}" aria-invalid="true"`));
          expect(page).toMatch(new RegExp(`<input[^>]* id="f-${field}"[^>]* autofocus`));
          expect(page).toMatch(/<title>(오류|Error): /);
        }
    },
  );

  it('of the whole form, or of a field that is not there, stands on top and has the focus', () => {
    for (const field of ['form', 'phone'] as const) {
      const page = renderScreen(
        { ...SCREENS.code, problems: [{ field, sentence: 'rate_limited' }] },
        { ...FRAME, language: 'en' },
      );
      expect(page).toContain('<div class="problems" role="alert" tabindex="-1" autofocus>');
      expect(page).toContain(`<li>${PROBLEMS.rate_limited.en}</li>`);
    }
  });
});

describe('a text of a merchant, a person or a provider', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onfocus='alert(1)",
      'javascript:alert(1)',
      '</title></style></script><!--',
      ']]>{{x}}&lt;',
      'ㄱㄴㄷ가',
      '가'.repeat(500),
    ),
  );

  it('changes no tag of any screen, whatever it is and wherever it stands', () => {
    const harmless = 'x';
    const build = (sample: (typeof SAMPLES)[number], text: string): string => {
      const screen = { ...SCREENS[sample] } as Record<string, unknown>;
      if ('fields' in screen) screen['fields'] = { name: text, birth: text, gender_digit: text, phone: text };
      if ('maskedPhone' in screen) screen['maskedPhone'] = text;
      if ('finish' in screen)
        screen['finish'] = { way: 'message', to: 'opener', message: text, targetOrigin: text };
      const person = { label: text, name: text, birth: text, gender_digit: text, phone: text };
      return renderScreen(screen as unknown as Screen, {
        ...FRAME,
        nonce: text,
        action: text,
        merchantName: `a ${text}`,
        serviceName: `b ${text}`,
        sandbox: { ...PANEL, people: [person], otp: text, inboxPath: '/', outcomes: [text], picker: 'open' },
      });
    };
    for (const sample of SAMPLES) {
      const expected = skeleton(build(sample, harmless));
      fc.assert(
        fc.property(nasty, (text) => {
          expect(skeleton(build(sample, text))).toBe(expected);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('is cut to length where it names the service', () => {
    const page = renderScreen(SCREENS.carrier, { ...FRAME, serviceName: '가'.repeat(500) });
    expect(page).toContain(`<bdi>${'가'.repeat(39)}…</bdi>`);
    expect(page).not.toContain('가'.repeat(40));
  });
});

describe('the result', () => {
  const finishOf = (page: string): unknown =>
    JSON.parse(/<script type="application\/json" id="finish">(.*?)<\/script>/.exec(page)?.[1] ?? '');

  it('comes out of the page as it went in, and nothing in it ends the element', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (message, targetOrigin) => {
        const finish = {
          way: 'message',
          to: 'parent',
          message: `</script>${message}`,
          targetOrigin,
        } as const;
        expect(finishOf(renderScreen({ kind: 'success', finish }, FRAME))).toEqual(finish);
      }),
    );
  });

  it('goes back to an address by link and without a script, but to none that runs something', () => {
    const at = (address: string) =>
      renderScreen({ kind: 'success', finish: { way: 'return', address } }, FRAME);
    const page = at(`https://shop.example/?a=1&b="<x>`);
    expect(page).toContain('<a class="primary" href="https://shop.example/?a=1&amp;b=&quot;&lt;x&gt;"');
    expect(page).toContain('content="1;url=https://shop.example/?a=1&amp;b=&quot;&lt;x&gt;"></noscript>');
    expect(at('javascript:alert(1)')).not.toContain('alert');
    expect(finishOf(at(' java\tscript:alert(1)'))).toEqual({ way: 'silent', close: false });
  });

  it('is told in the words of the result, in Korean', () => {
    for (const reason of Object.keys(FAILURES) as FailureReason[]) {
      const page = renderScreen({ ...SCREENS.failure, reason }, FRAME);
      expect(page).toContain(`<p class="lead">${FAILURES[reason]}</p>`);
    }
  });
});

describe('the sandbox', () => {
  const WORDS =
    /sandbox|테스트|\btest|가상 인물|invented|문자함|inbox|data-person|data-otp|data-auto|data-outcome|outcome:|play_approval|dataset\.(person|otp|auto)|ribbon|picker/i;

  it.each(SAMPLES)('leaves no trace on %s of a server that is none', (sample) => {
    for (const language of LANGUAGES)
      expect(renderScreen(SCREENS[sample], { ...FRAME, language })).not.toMatch(WORDS);
  });

  it.each(SAMPLES)('says on %s that nothing is real', (sample) => {
    expect(renderScreen(SCREENS[sample], SANDBOX)).toContain(
      '<b>테스트 환경 · 실제 본인인증이 아닙니다</b> <span>실제 개인정보를 입력하지 마세요.</span>',
    );
  });

  it('has a label in both languages for every outcome, and shows an unknown one by its id', () => {
    for (const language of LANGUAGES) {
      const page = renderScreen(SCREENS.method, { ...SANDBOX, language });
      for (const [id, label] of Object.entries(OUTCOMES))
        expect(page).toContain(
          `name="do" value="outcome:${id}" data-outcome="${id}">${escapeText(label[language])}</button>`,
        );
    }
    expect(outcomeLabel('constructor')).toEqual({ ko: 'constructor', en: 'constructor' });
  });

  it('folds, opens or hides the outcome picker, and has none when the attempt is over', () => {
    const at = (picker: 'folded' | 'open' | 'hidden', screen: Screen = SCREENS.code) =>
      renderScreen(screen, { ...FRAME, sandbox: { ...PANEL, picker } });
    expect(at('folded')).toContain('<details><summary>결과 골라서 끝내기');
    expect(at('open')).toContain('<details open><summary>결과 골라서 끝내기');
    expect(at('hidden')).not.toContain('outcome:');
    for (const sample of ['success', 'failure', 'dead'] as const)
      expect(at('open', SCREENS[sample])).not.toContain('outcome:');
  });

  it('offers people on the screen of the person, the code on that of the code, the approval on that of the app', () => {
    for (const { title, screen, page } of ALL.filter((each) => each.title.endsWith('sandbox'))) {
      expect(page.includes('<button type="button" class="chip" data-person='), title).toBe(
        screen.kind === 'person',
      );
      expect(page.includes('data-otp="123456"'), title).toBe(screen.kind === 'code');
      expect(page.includes('value="play_approval"'), title).toBe(screen.kind === 'app');
    }
  });
});

describe('a person', () => {
  it('stands nowhere after the screen of the code, not even an invented one', () => {
    const person = { label: 'L4b', name: 'N4m', birth: 'B1r', gender_digit: 'G5d', phone: 'P8h' };
    const context: ScreenContext = { ...SANDBOX, sandbox: { ...PANEL, people: [person], otp: 'O7p' } };
    for (const sample of SAMPLES.filter((each) => /^(app|success|failure|dead)/.test(each)))
      expect(renderScreen(SCREENS[sample], context)).not.toMatch(/L4b|N4m|B1r|G5d|P8h|O7p/);
  });

  it('is asked for one digit of the second half, in fields too short for a registration number', () => {
    const page = renderScreen(SCREENS.person, FRAME);
    expect(page).toMatch(/maxlength="6"[^>]* name="birth"/);
    expect(page).toMatch(/maxlength="1"[^>]* name="gender_digit"/);
    expect(page).toContain('<span aria-hidden="true">●●●●●●</span>');
  });
});

describe('the copy', () => {
  it('has a text for everything in both languages', () => {
    const sentences = [
      ...Object.values(COPY),
      ...Object.values(PROBLEMS),
      ...Object.values(SANDBOX_COPY),
      ...Object.values(OUTCOMES),
      ...PHASES,
      ...Object.values(CONSENT_COPY).flatMap(({ label, text }) => [label, text]),
    ];
    for (const sentence of sentences) {
      expect(Object.keys(sentence)).toEqual(['ko', 'en']);
      if (sentence !== COPY.other_language) expect(sentence.en).not.toMatch(/\p{Script=Hangul}/u);
      expect(sentence.ko.trim().length).toBeGreaterThan(0);
      expect(sentence.en.trim().length).toBeGreaterThan(0);
    }
    expect(Object.keys(FAILURE_COPY.en)).toEqual(Object.keys(FAILURES));
  });
});
