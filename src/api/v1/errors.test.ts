import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { V1_FORMAT } from './errors.ts';

it.each(['input_refused', 'host_not_local', 'origin_foreign'] as const)(
  'knows nothing of the error %s of the sandbox, and tells nothing of it',
  (code) => {
    const error = new AppError(code, { explanation: 'imp_uid must not be 12345' });
    expect(V1_FORMAT.renderError(error)).toEqual(V1_FORMAT.renderError(new AppError('internal')));
  },
);
