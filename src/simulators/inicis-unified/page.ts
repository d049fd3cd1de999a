import { AGENCIES, agenciesOf, type Opening } from './opening.ts';

/** Whom the window can confirm. */
export interface InicisPerson {
  readonly name: string;
  /** `YYYYMMDD`. */
  readonly birthday: string;
  readonly gender: 'M' | 'F';
  readonly isForeign: '0' | '1';
  /** Digits. */
  readonly phone: string;
  readonly ci: string;
  readonly di: string;
}

/** The form with which the browser goes back to the merchant. */
export interface Way {
  readonly address: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The window in which a person chooses an agency and who they are. */
export function windowPage(path: string, opening: Opening, people: readonly InicisPerson[]): string {
  const { service, directAgency, fixed } = opening;
  const agencies = directAgency === null ? agenciesOf(service) : [directAgency];
  const options = agencies.map(
    (code) => `<option value="${code}">${escapeText(AGENCIES[code as keyof typeof AGENCIES])}</option>`,
  );
  const choices = people.map(
    ({ name, birthday, phone }, at) =>
      `<p><label><input type="radio" name="person" value="${at}"${at === 0 ? ' checked' : ''}> ` +
      `${escapeText(name)} ${escapeText(birthday)} ${escapeText(phone)}</label></p>`,
  );
  const named = fixed && `<p>요청한 사람: ${escapeText(fixed.name)} ${fixed.birthday} ${fixed.phone}</p>`;
  return frame(
    `<p>모의 인증창입니다. 실제 인증기관이 아니며, 여기의 사람은 모두 가상 인물입니다.</p>${named ?? ''}
    <form method="post" action="${escapeText(path)}">
    <p><label>인증기관 <select name="agency">${options.join('')}</select></label></p>
    ${choices.join('\n    ')}
    <p><button name="do" value="approve">인증 완료</button> <button name="do" value="cancel">취소</button></p>
    <p><label>오류 코드 <input name="code" value="9001" size="6"></label> <button name="do" value="fail">실패</button></p>
    </form>`,
  );
}

/** Takes the browser back, with a script or by a button. */
export function wayPage({ address, fields }: Way): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeText(name)}" value="${escapeText(value)}">`,
  );
  return frame(
    `<form method="post" action="${escapeText(address)}">${inputs.join('')}<button>돌아가기</button></form>
    <script>document.forms[0].submit()</script>`,
  );
}

/** Says why the window does not open. */
export function faultPage(fault: string): string {
  return frame(`<p role="alert">요청이 올바르지 않습니다: ${escapeText(fault)}</p>`);
}

function frame(body: string): string {
  return `<!doctype html><html lang="ko"><meta charset="utf-8">
    <meta name="viewport" content="width=device-width"><title>통합인증 모의창</title><h1>통합인증 (모의)</h1>
    ${body}</html>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
