/*
 * The script of every screen, written into the page. Every screen works without it up to the last step; it puts the
 * focus, counts the time, ticks all consents at once, and lets the result leave. It keeps nothing and listens to no
 * messages. Nothing in it is newer than ES2020.
 */

const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
all('[data-script]').forEach((element) => {
  element.hidden = false;
});
// If the form has no problems, the focus moves from the heading to the first empty field.
const isEmpty = ({ type, name, checked, value }) =>
  type === 'radio' ? !one(`[name=${name}]:checked`) : type === 'checkbox' ? !checked : !value;
const empty =
  !one('.problems') &&
  all('main input:not([type=hidden])').find((field) => field.getClientRects().length > 0 && isEmpty(field));
// In a frame on another site, browsers ignore `autofocus`. Where they do not, they have set the focus one frame later.
requestAnimationFrame(() =>
  requestAnimationFrame(() => {
    const first = empty || one('[autofocus]');
    if (first && [document.body, one('[autofocus]')].includes(document.activeElement)) first.focus();
  }),
);

// Tells the shop's page that this page has loaded, so that it focuses the layer. Esc in the layer cancels.
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

// Goes to the agency without a click on the button.
if (one('[data-go]')) one('[data-go]').click();

// Reports to the server whether this window is visible, hidden or closing. The browser may have separated the shop's
// page from it, so that it looks closed there. A page from the browser's cache reloads the current screen.
if (document.body.dataset.report) {
  let number = Number(document.body.dataset.report);
  const address = `${location.pathname}/presence`;
  const report = (state) => {
    number += 1;
    return new URLSearchParams({ state, number });
  };
  let goes = false;
  const say = () => {
    // A closing page also becomes hidden; that is not reported.
    if (!goes)
      fetch(address, { method: 'POST', body: report(document.visibilityState), keepalive: true }).then(
        ({ status }) => {
          if (status === 410) location.reload();
        },
        () => {},
      );
  };
  say();
  setInterval(() => {
    if (!document.hidden) say();
  }, 4000);
  addEventListener('visibilitychange', say);
  addEventListener('pagehide', () => {
    goes = true;
    navigator.sendBeacon(address, report('gone'));
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

// Ignores a second click while the first form is being sent.
let sent = false;
addEventListener('pageshow', () => {
  sent = false;
});
for (const form of all('form')) {
  form.addEventListener('submit', (event) => {
    if (sent) event.preventDefault();
    sent = true;
    setTimeout(() => {
      sent = false;
    }, 3000);
  });
}

const every = one('[name=agree_all]');
if (every) {
  const boxes = all('.consents [type=checkbox]');
  const follow = () => {
    every.checked = boxes.every((box) => box.checked);
  };
  every.addEventListener('change', () =>
    boxes.forEach((box) => {
      box.checked = every.checked;
    }),
  );
  for (const box of boxes) box.addEventListener('change', follow);
  follow();
}

// Uses the clock, so that the time is right after the tab was suspended.
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
    timer.textContent = `${Math.floor(now / 60)}:${String(now % 60).padStart(2, '0')}`;
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

// Sends the result at once. The window closes or returns within a second, or with the button. Only a window that a
// script has opened can close itself.
const finish = one('#finish') ? JSON.parse(one('#finish').textContent) : { way: 'silent' };
const tell = () => {
  if (finish.way === 'message') send(finish);
};
const leave = () => {
  if (finish.way === 'return') return location.replace(finish.address);
  if (finish.to === 'parent') tell();
  else close();
  setTimeout(() => {
    all('[data-stuck]').forEach((element) => {
      element.hidden = false;
    });
  }, 500);
};
for (const element of all('[data-leave]')) {
  element.addEventListener('click', (event) => {
    event.preventDefault();
    leave();
  });
}
tell();
if (finish.way === 'return' || finish.to === 'opener' || finish.close) setTimeout(leave, 800);
