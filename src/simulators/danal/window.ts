import type { SimulatedPerson } from './people.ts';
import type { Fields, WireCharset } from './wire.ts';

/** What a person can press in the window. `error` is a fault of the window, after which it goes to BackURL. */
export const ACTIONS = ['approve', 'cancel', 'fail', 'error', 'empty'] as const;
export type Action = (typeof ACTIONS)[number];

/** The window: carrier, way, person, and one button for each outcome. */
export function showWindow(
  action: string,
  tid: string,
  title: string,
  carriers: readonly string[],
  people: readonly SimulatedPerson[],
): string {
  const options = people
    .map(
      ({ name, phone, carrier }, at) =>
        `<option value="${at}">${escapeHtml(`${name} ${phone} ${carrier}`)}</option>`,
    )
    .join('');
  const choices = carriers
    .map(
      (each, at) =>
        `<label><input type="radio" name="carrier" value="${each}"${at === 0 ? ' checked' : ''}>${each}</label>`,
    )
    .join(' ');
  return page(
    '휴대폰 본인인증 모의 창',
    `<h1>휴대폰 본인인증 모의 창</h1><p>실제 다날이 아닙니다. 요청: <b>${escapeHtml(title)}</b></p>
<form method="post" action="${action}"><input type="hidden" name="TID" value="${escapeHtml(tid)}">
<fieldset><legend>통신사</legend>${choices}</fieldset>
<fieldset><legend>인증 방법</legend><label><input type="radio" name="way" value="PASS" checked>PASS 앱</label>
<label><input type="radio" name="way" value="SMS">문자메시지</label></fieldset>
<p><label>사람 <select name="person">${options}</select></label></p>
<p><button name="do" value="approve">인증 완료</button> <button name="do" value="cancel">취소</button></p>
<p><label>오류코드 <input name="code" value="2374" size="6"></label>
<button name="do" value="fail">실패</button> <button name="do" value="error">창 오류</button>
<button name="do" value="empty">빈 성공</button></p></form>`,
  );
}

/** Sends the browser back, by itself or by a button. */
export function showReturn(address: string, fields: Fields, charset: WireCharset): string {
  const hidden = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('');
  return page(
    '돌아가기',
    `<form method="post" accept-charset="${charset}" action="${escapeHtml(address)}">${hidden}<button>돌아가기</button></form>
<script>document.forms[0].submit()</script>`,
  );
}

export function showError(text: string): string {
  return page('오류', `<h1>오류</h1><p>${escapeHtml(text)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="ko"><meta name="viewport" content="width=device-width"><title>${title}</title>${body}</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
