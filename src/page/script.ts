/*
 * The page's only script, as text. Every screen works without it, except for sending the result. It sets the focus,
 * shows the remaining time, ticks all consents at once, and sends the result. It stores nothing and receives no
 * messages.
 */

/** Removes indentation, empty lines and comment lines, which only the reader of this file needs. */
function minify(script: string): string {
  return script
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\n\s*/g, '\n')
    .trim();
}

const FOCUS = `
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
all('[data-script]').forEach((element) => { element.hidden = false; });
// Where nothing is wrong, the focus goes on from the heading to the first empty field.
const isEmpty = ({ type, name, checked, value }) =>
  type === 'radio' ? !one('[name=' + name + ']:checked') : type === 'checkbox' ? !checked : !value;
const empty = !one('.problems') && all('main input:not([type=hidden])')
  .find((field) => field.getClientRects().length > 0 && isEmpty(field));
// In a frame on another site a browser ignores the attribute. Where it does not, it has done so a frame later.
requestAnimationFrame(() => requestAnimationFrame(() => {
  const first = empty || one('[autofocus]');
  if (first && [document.body, one('[autofocus]')].includes(document.activeElement)) first.focus();
}));
`;

const WINDOW = `
// The shop's page learns that this one is there, and puts the focus into the layer. Esc in the layer is cancelling.
const send = ({ to, message, targetOrigin }) => {
  const peer = to === 'opener' ? opener : parent === window ? null : parent;
  try {
    if (peer) peer.postMessage(message, targetOrigin);
  } catch {}
};
if (one('#greeting')) send(JSON.parse(one('#greeting').textContent));
addEventListener('keydown', (event) => {
  const cancel = one('button[value=cancel]');
  if (event.key === 'Escape' && parent !== window && cancel) cancel.click();
});
`;

const HAND_OVER = `
// On the way to the agency nobody has to press the button.
if (one('[data-go]')) one('[data-go]').click();
`;

const PRESENCE = `
// The server is told that this window is there, is hidden, or goes: its browser may have cut the shop's page off from
// it, to which it then looks closed. A page out of the browser's cache asks for the current screen.
if (document.body.dataset.report) {
  let number = Number(document.body.dataset.report);
  const address = location.pathname + '/presence';
  const report = (state) => new URLSearchParams({ state, number: number += 1 });
  let goes = false;
  const say = () => {
    // A page that goes becomes hidden after that.
    if (!goes) fetch(address, { method: 'POST', body: report(document.visibilityState), keepalive: true })
      .then(({ status }) => { if (status === 410) location.reload(); }, () => {});
  };
  say();
  setInterval(() => { if (!document.hidden) say(); }, 4000);
  addEventListener('visibilitychange', say);
  addEventListener('pagehide', () => { goes = true; navigator.sendBeacon(address, report('gone')); });
  addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });
}
`;

const FORMS = `
// A second press while the first one is on its way is none.
let sent = false;
addEventListener('pageshow', () => { sent = false; });
all('form').forEach((form) => form.addEventListener('submit', (event) => {
  if (sent) event.preventDefault();
  sent = true;
  setTimeout(() => { sent = false; }, 3000);
}));

const every = one('[name=agree_all]');
if (every) {
  const boxes = all('.consents [type=checkbox]');
  const follow = () => { every.checked = boxes.every((box) => box.checked); };
  every.addEventListener('change', () => boxes.forEach((box) => { box.checked = every.checked; }));
  boxes.forEach((box) => box.addEventListener('change', follow));
  follow();
}
`;

const TIME = `
// Counted against the clock, so that a tab that slept is right when it wakes up.
const timer = one('[data-seconds]');
if (timer) {
  const started = Date.now();
  const resend = one('[data-wait]');
  let left = Number(timer.dataset.seconds);
  const tick = () => {
    const passed = Math.floor((Date.now() - started) / 1000);
    const now = Math.max(0, timer.dataset.seconds - passed);
    const due = [10, 30, 60].find((mark) => left > mark && now <= mark && now > 0);
    if (due) one('#say').textContent = timer.dataset.say.replace('{n}', due);
    left = now;
    timer.textContent = Math.floor(now / 60) + ':' + String(now % 60).padStart(2, '0');
    one('#over').hidden = now > 0;
    if (resend) {
      const wait = resend.dataset.wait - passed;
      const text = resend.lastElementChild;
      resend.disabled = wait > 0;
      text.textContent = wait > 0 ? text.dataset.waitText.replace('{n}', wait) : '';
    }
  };
  tick();
  setInterval(tick, 500);
}
`;

const FINISH = `
// The result leaves at once; the person within a second, or by the button. Only a window that a script has opened
// can close itself.
const finish = one('#finish') ? JSON.parse(one('#finish').textContent) : { way: 'silent' };
const tell = () => { if (finish.way === 'message') send(finish); };
const leave = () => {
  if (finish.way === 'return') return location.replace(finish.address);
  if (finish.to === 'parent') tell();
  else close();
  setTimeout(() => { all('[data-stuck]').forEach((element) => { element.hidden = false; }); }, 500);
};
all('[data-leave]').forEach((element) => element.addEventListener('click', (event) => {
  event.preventDefault();
  leave();
}));
tell();
if (finish.way === 'return' || finish.to === 'opener' || finish.close) setTimeout(leave, 800);
`;

const SANDBOX = `
// Fills in, and walks on by itself when asked to; an error stops the walk.
const fill = (fields) => Object.entries(fields).forEach(([name, value]) => {
  const field = one('[name=' + name + ']');
  if (field) field.value = value;
});
all('[data-person]').forEach((button) => button.addEventListener('click', () => {
  fill(JSON.parse(button.dataset.person));
  one('.primary').focus();
}));
all('[data-otp]').forEach((button) => button.addEventListener('click', () => {
  fill({ otp: button.dataset.otp });
  one('.primary').focus();
}));
const auto = document.body.dataset.auto;
if (auto !== undefined && !one('.problems')) {
  setTimeout(() => {
    all('fieldset').forEach((group) => {
      if (group.getClientRects().length === 0) return;
      const choices = [...group.querySelectorAll('input')];
      if (choices.every((choice) => choice.type === 'radio')) {
        if (!choices.some((choice) => choice.checked)) choices[0].checked = true;
      } else choices.forEach((choice) => { choice.checked = true; });
    });
    const person = one('[data-person]');
    const code = one('[data-otp]');
    if (person) fill(JSON.parse(person.dataset.person));
    if (code) fill({ otp: code.dataset.otp });
    const button = one('.play') || one('main form .primary');
    if (button) button.click();
  }, Number(auto));
}
`;

/** For every screen. */
export const SCRIPT = `{${minify(`${FOCUS}${WINDOW}${HAND_OVER}${PRESENCE}${FORMS}${TIME}${FINISH}`)}}`;

/** For every screen in a sandbox. */
export const SCRIPT_WITH_SANDBOX = `{${minify(`${FOCUS}${WINDOW}${HAND_OVER}${PRESENCE}${FORMS}${TIME}${FINISH}${SANDBOX}`)}}`;
