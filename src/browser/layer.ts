/** The window of the page: a popup or a layer. */
export interface Stage {
  /** Shows the page at this address. */
  fill(address: string): void;
  /** True if `source` is the window that shows the page. */
  holds(source: unknown): boolean;
  /** True when it was closed, or looks closed. */
  isGone(): boolean;
  /** Called when the page has loaded. */
  ready(): void;
  close(): void;
}

const TITLE = '본인인증';
const WAITING = '잠시만 기다려주세요.';
const POPUP_WIDTH = 440;
const POPUP_HEIGHT = 800;

let popups = 0;

/** Opens a blank popup, which only works while a click is handled; null when the browser refuses. */
export function openPopup(): Stage | null {
  const width = Math.min(POPUP_WIDTH, screen.availWidth || POPUP_WIDTH);
  const height = Math.min(POPUP_HEIGHT, screen.availHeight || POPUP_HEIGHT);
  const left = Math.round((window.screenX || 0) + ((window.outerWidth || width) - width) / 2);
  const top = Math.max(0, Math.round((window.screenY || 0) + ((window.outerHeight || height) - height) / 2));
  const before = document.activeElement;
  popups += 1;
  let popup: Window | null = null;
  try {
    popup = window.open(
      '',
      `bonin-${Date.now()}-${popups}`,
      `popup=yes,width=${width},height=${height},left=${left},top=${top},resizable=yes,scrollbars=yes`,
    );
    if (!popup || popup.closed) return null;
  } catch {
    return null;
  }
  const opened = popup;
  try {
    opened.document.title = TITLE;
    opened.document.body.textContent = WAITING;
    opened.focus();
  } catch {
    // If the window cannot be written to, it is just blank a little longer.
  }
  return {
    fill(address) {
      try {
        opened.location.replace(address);
      } catch {
        // It was closed a moment ago; `isGone` reports that.
      }
    },
    holds: (source) => source === opened,
    isGone: () => opened.closed,
    ready: () => undefined,
    close() {
      opened.close();
      giveFocus(before);
    },
  };
}

/** Opens the layer. Calls `onClose` when the person closes it; the caller must remove it. */
export function openLayer(mobile: boolean, onClose: () => void): Stage {
  const before = document.activeElement;
  const body = document.body || document.documentElement;
  const dialog = make('div', {
    ...OVER_ALL,
    zIndex: '99999',
    boxSizing: 'border-box',
    width: mobile ? '100%' : '410px',
    height: mobile ? '100%' : '660px',
    maxWidth: '100%',
    maxHeight: '100%',
    margin: 'auto',
    padding: '0',
    display: 'flex',
    flexDirection: 'column',
    color: '#222',
    font: '16px/1.5 sans-serif',
  });
  dialog.className = `imp-dialog ${mobile ? 'mobile' : 'pc'}`;
  dialog.setAttribute('role', 'dialog');
  dialog.setAttribute('aria-modal', 'true');
  dialog.setAttribute('aria-label', TITLE);
  // Behind the dialog's own contents and above everything else, so that the shop's page cannot be clicked.
  const curtain = make('div', {
    ...OVER_ALL,
    zIndex: '-1',
    background: mobile ? '#fff' : 'rgba(0,0,0,.5)',
  });
  const button = make('button', {
    display: 'block',
    width: '44px',
    height: '44px',
    margin: mobile ? 'env(safe-area-inset-top) env(safe-area-inset-right) 0 auto' : '0 0 0 auto',
    padding: '0',
    border: '0',
    background: 'none',
    color: '#222',
    font: '28px/44px sans-serif',
    cursor: 'pointer',
  });
  button.type = 'button';
  button.textContent = '×';
  button.setAttribute('aria-label', '닫기');
  button.onclick = onClose;
  const bar = make('div', { background: '#fff' });
  bar.appendChild(button);
  const waiting = make('p', {
    flex: '1',
    margin: '0',
    padding: '40px 0',
    textAlign: 'center',
    background: '#fff',
  });
  waiting.setAttribute('role', 'status');
  waiting.textContent = WAITING;
  const frame = make('iframe', {
    flex: '1',
    width: '100%',
    minHeight: '0',
    border: '0',
    background: '#fff',
    marginBottom: mobile ? 'env(safe-area-inset-bottom)' : '0',
  });
  frame.title = TITLE;
  let isReady = false;
  const focusPage = () => (frame.parentNode ? frame : button).focus();
  // Tab moves from the last element to the first, and back.
  const parts = [makeEdge(focusPage), curtain, bar, waiting, makeEdge(() => button.focus())];
  for (const part of parts) dialog.appendChild(part);

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    onClose();
  };
  const onFocus = (event: FocusEvent) => {
    if (!dialog.contains(event.target as Node | null)) button.focus();
  };
  body.appendChild(dialog);
  if (mobile) body.classList.add('imp-payment-progress');
  document.addEventListener('keydown', onKey, true);
  document.addEventListener('focusin', onFocus, true);
  button.focus();

  return {
    fill(address) {
      frame.src = address;
      dialog.replaceChild(frame, waiting);
    },
    holds: (source) => !!source && source === frame.contentWindow,
    isGone: () => !dialog.isConnected,
    ready() {
      if (!isReady) focusPage();
      isReady = true;
    },
    close() {
      document.removeEventListener('keydown', onKey, true);
      document.removeEventListener('focusin', onFocus, true);
      dialog.remove();
      if (mobile) body.classList.remove('imp-payment-progress');
      giveFocus(before);
    },
  };
}

const OVER_ALL = { position: 'fixed', top: '0', right: '0', bottom: '0', left: '0' };

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  style: Partial<CSSStyleDeclaration>,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  // Set through the object model, because the page's policy may forbid inline styles.
  Object.assign(element.style, style);
  return element;
}

function makeEdge(onFocus: () => void): HTMLElement {
  const edge = make('span', { position: 'absolute' });
  edge.tabIndex = 0;
  edge.onfocus = onFocus;
  return edge;
}

function giveFocus(element: Element | null): void {
  if (element?.isConnected) (element as HTMLElement).focus();
}
