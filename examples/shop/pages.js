import { messageOf } from './messages.js';
import { ADULT } from './sign-up.js';

const SHOP = '달빛문고';

/** Escapes every value; what `html` has made itself is left as it is. */
function html(parts, ...values) {
  const text = parts.reduce((all, part, at) => all + toHtml(values[at - 1]) + part);
  return { html: text };
}

function toHtml(value) {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(toHtml).join('');
  if (typeof value === 'object') return value.html;
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function layout(title, main, scripts) {
  return html`<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} | ${SHOP}</title>
<link rel="stylesheet" href="/shop.css">
${scripts}
</head>
<body>
<header><a class="brand" href="/"><span aria-hidden="true">◐</span> ${SHOP}</a><nav aria-label="주요 메뉴"><a href="/members">회원들</a></nav></header>
<main>${main}</main>
<footer>Bonin 예제 가게입니다. 실제 정보를 입력하지 마세요.</footer>
</body>
</html>`.html;
}

/** The page of a session: verify, then join, then done. */
export function joinPage(session, settings, form = { values: {}, problems: {} }) {
  const word = session.notice;
  session.notice = null;
  const step = session.member ? 3 : session.verified ? 2 : 1;
  const problems = Object.keys(form.problems).length > 0;
  const body =
    step === 3 ? welcome(session) : step === 2 ? joinForm(session, form) : verification(session, settings);
  return layout(
    `${word || problems ? '오류: ' : ''}${['본인인증', '회원 정보', '가입 완료'][step - 1]}`,
    html`<p class="over">정기 구독 회원 가입</p>${steps(step)}${word && notice(word)}${body}`,
    step === 1 && scripts(settings),
  );
}

function scripts({ boninUrl }) {
  // Not waited for: when Bonin is away the shop's own script still runs, and says so.
  return html`<script src="${boninUrl}/v1/iamport.js" async></script>
<script src="/shop.js" defer></script>`;
}

function steps(current) {
  const items = ['본인인증', '회원 정보', '완료'].map(
    (name, at) =>
      html`<li${at + 1 === current && html` aria-current="step"`}${at + 1 < current && html` class="done"`}>${name}</li>`,
  );
  return html`<ol class="steps" aria-label="가입 단계">${items}</ol>`;
}

function notice(word) {
  const [happened, advice] = messageOf(word);
  return html`<div class="notice" role="alert" tabindex="-1" autofocus data-word="${word}"><p><strong>${happened}</strong></p><p>${advice}</p></div>`;
}

function verification(session, { userCode, channelKey }) {
  const csrf = html`<input type="hidden" name="csrf" value="${session.csrf}">`;
  const retry =
    session.waiting !== null &&
    html`<form method="post" action="/verified/again">${csrf}<button class="primary" id="again">다시 확인하기</button></form>`;
  return html`<h1>휴대폰으로 본인인증을 해 주세요</h1>
<p>정기 구독 계약은 만 ${ADULT}세 이상 본인만 할 수 있어, 가입할 때 한 번 확인합니다.</p>
<ul class="facts"><li>본인 명의 휴대폰이 필요하고, 1분쯤 걸립니다.</li><li>이름, 생년월일, 전화번호는 확인만 하고 저장하지 않습니다.</li></ul>
${retry}<button type="button" class="${session.waiting === null ? 'primary' : 'second'}" id="certify" data-user-code="${userCode}" data-channel-key="${channelKey}" data-merchant-uid="${session.merchantUid}" data-min-age="${ADULT}" data-company="${SHOP}">휴대폰 본인인증</button>
<p class="note" id="status" role="status"></p>
<div class="notice" id="unreachable" role="alert" hidden><p><strong>본인인증 서버와 연결되지 않았습니다.</strong></p><p>잠시 후 이 화면을 새로 고쳐 다시 시도해 주세요.</p></div>
<noscript><p class="notice">본인인증에는 자바스크립트가 필요합니다. 브라우저 설정에서 켜 주세요.</p></noscript>
<form method="post" action="/verified" id="result">${csrf}<input type="hidden" name="imp_uid"><input type="hidden" name="success"><input type="hidden" name="error_reason"></form>`;
}

function joinForm(session, { values, problems }) {
  return html`<h1>회원 정보를 입력해 주세요</h1>
<p class="ok">본인인증을 마쳤습니다.</p>
<form method="post" action="/members"><input type="hidden" name="csrf" value="${session.csrf}">
${field('email', '이메일', 'email', 'email', '구독 안내를 받을 주소입니다.', values, problems)}
${field('nickname', '별명', 'text', 'nickname', '2~20자. 다른 회원에게 보입니다.', values, problems)}
<button class="primary" id="join">가입하기</button></form>`;
}

function field(name, label, type, autocomplete, note, values, problems) {
  const problem = problems[name];
  const first = problem && Object.keys(problems)[0] === name;
  return html`<div class="field"><label for="${name}">${label}</label><p class="note" id="${name}-note">${note}</p>${problem && html`<p class="problem" id="${name}-problem">${problem}</p>`}<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${values[name]}" required aria-describedby="${name}-note${problem && ` ${name}-problem`}"${problem && html` aria-invalid="true"`}${first && html` autofocus`}></div>`;
}

function welcome({ member }) {
  return html`<h1 tabindex="-1" autofocus>가입을 축하합니다, ${member.nickname}님</h1>
<p class="ok">이제 ${SHOP}의 회원입니다.</p>
<p>이름, 생년월일, 전화번호는 저장하지 않았습니다. 성년 여부와 인증 시각, 같은 분이 또 가입하지 않게 하는 암호 값만 남깁니다.</p>
<p><a class="button" href="/members">회원들 보기</a></p>`;
}

export function membersPage(members) {
  return layout(
    '회원들',
    html`<h1>회원들</h1>${members.length === 0 ? html`<p>아직 회원이 없습니다. <a href="/">첫 회원이 되어 주세요.</a></p>` : html`<ul class="members">${members.map(({ nickname }) => html`<li>${nickname}</li>`)}</ul>`}`,
    null,
  );
}

export function plainPage(title, text) {
  return layout(
    title,
    html`<h1>${title}</h1><p>${text}</p><p><a class="button" href="/">처음으로</a></p>`,
    null,
  );
}
