import type { SimulatedPerson } from './people.ts';

/** The window: way, person, and one button for each outcome. */
export function showWindow(
  action: string,
  key: string,
  siteCode: string,
  people: readonly SimulatedPerson[],
): string {
  const options = people
    .map(
      ({ name, phone, carrier }, at) =>
        `<option value="${at}">${escapeHtml(`${name} ${phone} ${carrier}`)}</option>`,
    )
    .join('');
  return page(
    'KCP 본인확인 모의 창',
    `<h1>KCP 본인확인 모의 창</h1><p>실제 NHN KCP가 아닙니다. 사이트코드: <b>${escapeHtml(siteCode)}</b></p>
<form method="post" action="${escapeHtml(action)}"><input type="hidden" name="reg_cert_key" value="${escapeHtml(key)}">
<fieldset><legend>인증 방법</legend><label><input type="radio" name="way" value="PASS" checked>PASS 앱</label>
<label><input type="radio" name="way" value="SMS">문자메시지</label></fieldset>
<p><label>사람 <select name="person">${options}</select></label></p>
<p><button name="do" value="approve">인증 완료</button> <button name="do" value="cancel">취소</button>
<button name="do" value="empty">빈 성공</button></p>
<p><label>오류코드 <input name="code" value="CS12" size="6"></label> <button name="do" value="fail">실패</button></p></form>`,
  );
}

/** Sends the browser back, by itself or by a button. */
export function showReturn(address: string, fields: Readonly<Record<string, string>>): string {
  const hidden = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('');
  return page(
    '돌아가기',
    `<form method="post" action="${escapeHtml(address)}">${hidden}<button>돌아가기</button></form>
<script>document.forms[0].submit()</script>`,
  );
}

export function showError(text: string): string {
  return page('오류', `<h1>오류</h1><p>${escapeHtml(text)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>${body}</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
