import { once, readTexts } from '../html/static-file.ts';
import { type Html, raw } from '../html/template.ts';

const FOLDER = new URL('./assets/', import.meta.url);

/** Read at the first screen. From source the files stand in the page as they are; `npm run build` makes them small. */
function inline(names: readonly string[], wrap = (text: string) => text): () => Html {
  return once(() => raw(wrap(readTexts(FOLDER, names))));
}

/** In a block, so that no name of a script belongs to the window. */
const inBlock = (text: string) => `{${text}}`;

const STYLES = { page: inline(['page.css']), sandbox: inline(['page.css', 'sandbox.css']) };
const SCRIPTS = {
  page: inline(['page.js'], inBlock),
  sandbox: inline(['page.js', 'sandbox.js'], inBlock),
};

/** The style sheet of a screen. */
export function inlineStyle(isSandbox: boolean): Html {
  return STYLES[isSandbox ? 'sandbox' : 'page']();
}

/** The script of a screen. */
export function inlineScript(isSandbox: boolean): Html {
  return SCRIPTS[isSandbox ? 'sandbox' : 'page']();
}
