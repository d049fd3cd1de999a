// @ts-check
/* The parts of the page: its data, elements, texts, copy buttons, and calls of the control routes. */

/** @typedef {{ name: string, birthday: string, gender: string | null, phone: string | null, carrier: string | null, foreigner: boolean | null }} Person */

/** @type {{ language: string, copy: Record<string, string>, people: Person[], seeded: { imp_uid: string, channel_key: string, name: string | null }[], merchants: Record<string, string>[] }} */
export const { language, copy, people, seeded, merchants } = JSON.parse(find('data').textContent ?? '');

/** @param {string} id @returns {any} */
export function find(id) {
  return document.getElementById(id);
}

/** Creates an element; texts become text nodes. @param {string} tag @param {Record<string, unknown>} [properties] @param {(Node | string | null)[]} children @returns {any} */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A text of the page with its gaps filled. @param {string} name @param {Record<string, unknown>} [gaps] */
export function say(name, gaps = {}) {
  return (copy[name] ?? name).replace(/\{(\w+)\}/g, (_, gap) => String(gaps[gap] ?? ''));
}

let toast = 0;
/** Shows a text for a moment; screen readers read it. @param {string} text */
export function announce(text) {
  clearTimeout(toast);
  find('said').textContent = text;
  toast = setTimeout(() => find('said').replaceChildren(), 4000);
}

/** Calls a control route and announces errors. @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
export async function call(method, path, body) {
  try {
    const answer = await fetch(`/sandbox/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const { message, response } = await answer.json();
    if (!answer.ok) throw new Error(message);
    return response;
  } catch (error) {
    announce(say('failed', { message: error instanceof Error ? error.message : '' }));
    return null;
  }
}

/** @param {string} text */
async function writeClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without TLS, pages under a host name have no clipboard object.
  const field = make('textarea', { value: text, className: 'unseen' });
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (!copied) throw new Error();
}

/** @param {string} text @param {string} what */
export function copyButton(text, what) {
  const button = make('button', { type: 'button', className: 'copy' });
  const show = (/** @type {string} */ word) => {
    button.textContent = word;
    button.ariaLabel = `${what} ${text} ${word}`;
  };
  show(copy.copy ?? '');
  button.addEventListener('click', async () => {
    try {
      await writeClipboard(text);
      announce(say('copied_say', { text }));
      show(copy.copied ?? '');
      setTimeout(show, 1500, copy.copy);
    } catch {
      announce(say('copy_failed'));
    }
    button.focus();
  });
  return button;
}

/** A text as code with its copy button. @param {string} text @param {string} what */
export function copyable(text, what) {
  return make('span', { className: 'copyable' }, make('code', {}, text), copyButton(text, what));
}

/** @param {string | null} phone */
export function formatPhone(phone) {
  return (phone ?? '').replace(/^(\d{3})(\d{3,4})(\d{4})$/, '$1-$2-$3');
}

/** Changes a text only when it differs, so that it is not read out again and a selection stays. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
