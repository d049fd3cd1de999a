import { expect, it } from 'vitest';
import { findUnknownVariables } from './environment.ts';

it('variables that no command reads are named, with the nearest one', () => {
  const names = ['BONIN_PROT', 'bonin_data', 'BONIN_DATABSE_URL', 'BONINESS', 'BONIN_IMP_KEY', 'BONIN_DATA'];
  expect(findUnknownVariables(names)).toEqual([
    'there is no setting BONIN_PROT; did you mean BONIN_PORT?',
    'there is no setting bonin_data; did you mean BONIN_DATA?',
    'there is no setting BONIN_DATABSE_URL; did you mean BONIN_DATABASE_URL?',
  ]);
});

it('variables that Kubernetes sets for a service called bonin are left alone', () => {
  expect(findUnknownVariables(['BONIN_SERVICE_HOST', 'BONIN_PORT_8282_TCP_ADDR'])).toEqual([]);
});
