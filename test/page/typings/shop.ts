import type { CertificationParam, CertificationResult, Imp } from 'bonin/browser';

/* A merchant's page as its author writes it; whatever is wrong in it must be refused by the compiler. */

const param: CertificationParam = {
  channelKey: 'channel-key-0001',
  merchant_uid: 'order-1',
  min_age: 19,
  phone: '010-0000-0001',
  carrier: 'SKT',
  popup: false,
  sandbox: { outcome: 'success', auto: true },
};

export function finish(result: CertificationResult): string {
  if (!result.success) return `${result.error_code} ${result.error_msg}`;
  const known: string = result.imp_uid;
  // @ts-expect-error a success has no error
  result.error_code.trim();
  return known;
}

window.IMP?.init('imp00000001');
window.IMP?.certification(param, (result) => void finish(result));
window.IMP?.certification({});
const { certification, close }: Imp = window.IMP as Imp;
certification({ name: null, phone: 1000000001, min_age: '19' });
close();

// @ts-expect-error the script may not have run yet
window.IMP.init('imp00000001');
// @ts-expect-error no such parameter
window.IMP?.certification({ merchantUid: 'order-1' });
// @ts-expect-error no such form
window.IMP?.certification({ min_age: [19] });
// @ts-expect-error a callback is a function
window.IMP?.certification({}, 'https://shop.example/back');
// @ts-expect-error the merchant is named by a text
window.IMP?.init();
// @ts-expect-error a failure may have no number
export const id: (result: CertificationResult) => string = (result) => result.imp_uid;
