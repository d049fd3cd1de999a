import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findGuessable } from './guessable-secret.ts';

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'have at least 16 characters': ['', '…', '...', 'changeme', 'secret', 'x', 'q7Zk2mP0vB4nR8s'],
  'be another text than an imp_key': ['1000000000000001', 'IMP_KEY_of_this_merchant'],
  'not be one that is published as an example': [
    'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
    'sandbox_secret_b',
  ],
  'be a secret and not a placeholder': [
    '<imp_secret of this merchant>',
    '{{ secrets.IMP_SECRET }}',
    '%IMP_SECRET_OF_SHOP%',
    'ekKoeW8RyKuT0zga…',
    'ekKoeW8RyKuT0zga...',
    'YOUR_SECRET_HERE',
    'your-imp-secret-here',
    'YOUR_REST_API_SECRET',
    'changeme_changeme_changeme',
    'changeme12345678',
    'REPLACE_THIS_SECRET',
    'password12345678',
    'my super secret key',
    'secret_secret_secret',
    '여기에 발급받은 시크릿 키를 입력하세요',
  ],
  'be random, and not a pattern': [
    'xxxxxxxxxxxxxxxxxxxxxxxx',
    'XXXXxxxxXXXXxxxx',
    '................'.replaceAll('.', '*'),
    '0000000000000000',
    'xxxxxxxxxxxxxxx1',
    'azqmzaqmzqamqzam',
    'abcabcabcabcabcabcabc',
    'a1B2c3D4a1B2c3D4',
    '1234567890123456',
    'abcdefghijklmnopqrstuvwxyz',
    'zyxwvutsrqponmlk',
    'aabbccddeeffgghhiijj',
  ],
};

describe('a guessable imp_secret', () => {
  it.each(Object.entries(REFUSED))('must %s', (must, secrets) => {
    for (const secret of secrets)
      expect(findGuessable(secret, ['1000000000000001', 'imp_key_of_this_merchant']), secret).toBe(must);
  });

  it('is none that was made at random, in any usual alphabet', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      for (let count = 0; count < 2000; count++) {
        const secret = randomBytes(12 + (count % 40)).toString(encoding);
        expect(findGuessable(secret, ['1000000000000001']), secret).toBeNull();
      }
  });

  it('is none of which only a part is a word', () => {
    for (const secret of [
      'ServeSecretOfMerchantA/1',
      'correct-horse-battery-staple',
      'secret-8fk2q0d71mzq',
      // Random, in hex: its letters are `aa`, `d` and `d`, which read `a add`.
      '8078912aa48181146d6771342d30',
    ])
      expect(findGuessable(secret, [])).toBeNull();
  });
});
