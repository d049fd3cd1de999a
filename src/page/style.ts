/*
 * The page's only style sheet, as text. Sizes are in rem, so that everything grows with the person's text size. Buttons
 * and fields are at least 44 px high. No colour, name or logo of a carrier is used.
 */

/** Removes blanks and line ends, which only the reader of this file needs. */
function minify(style: string): string {
  return style
    .replace(/\s+/g, ' ')
    .replace(/\s*([{};,])\s*/g, '$1')
    .replaceAll(': ', ':')
    .replaceAll(';}', '}')
    .trim();
}

const COLOURS = `
:root {
  color-scheme: light dark;
  --back: #f1f4f4; --card: #fff; --ink: #16212a; --soft: #51606c; --line: #dce2e5; --edge: #7a8791;
  --main: #0a6560; --press: #084f4b; --on: #fff; --tint: #e9f4f2; --bad: #b3261e; --blush: #fdefed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1316; --card: #161f24; --ink: #edf2f4; --soft: #a9b6be; --line: #2d3a42; --edge: #7d8d97;
    --main: #6fd3c7; --press: #93e2d8; --on: #06231f; --tint: #17332f; --bad: #ffb4ab; --blush: #3a1f1c;
  }
}
`;

const PAGE = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--card); color: var(--ink); word-break: keep-all; overflow-wrap: anywhere;
  font: 1rem/1.55 -apple-system, BlinkMacSystemFont, "Apple SD Gothic Neo", "Segoe UI", "Malgun Gothic",
    "Noto Sans KR", "Noto Sans CJK KR", sans-serif;
}
[hidden] { display: none !important; }
.vh { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.page {
  max-width: 30rem; margin: 0 auto;
  padding: .5rem max(1.25rem, env(safe-area-inset-right)) max(1.5rem, env(safe-area-inset-bottom)) max(1.25rem, env(safe-area-inset-left));
}
header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center; justify-content: space-between; border-bottom: 1px solid var(--line); padding: .25rem 0 .5rem; }
.asker { flex: 1 1 8rem; margin: 0; line-height: 1.35; }
.asker span, .asker small { display: block; font-size: .8125rem; color: var(--soft); }
.asker b { font-weight: 600; }
.lang { display: inline-flex; align-items: center; min-width: 2.75rem; min-height: 2.75rem; padding: 0 .25rem; color: var(--soft); font-size: .875rem; }
.steps { margin: 1.25rem 0 0; position: relative; }
.bars { display: flex; gap: .25rem; }
.bars i { flex: 1; height: .25rem; border-radius: 1rem; background: var(--line); }
.bars .on { background: var(--main); }
h1 { margin: 1.25rem 0 .375rem; font-size: 1.5rem; line-height: 1.35; letter-spacing: -.01em; text-wrap: balance; scroll-margin-top: 1rem; }
h1:focus { outline: 0; }
.lead { margin: 0 0 .5rem; color: var(--soft); }
.note { margin: .375rem 0; font-size: .875rem; color: var(--soft); }
@media (min-width: 700px) {
  body { background: var(--back); padding: 2rem 0; }
  .page { background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem; padding: 1rem 2.25rem 2rem; box-shadow: 0 .5rem 2rem rgb(10 30 40 / .07); }
}
`;

const FORM = `
form { margin: 0; }
fieldset { border: 0; margin: 1.25rem 0 0; padding: 0; min-width: 0; }
legend, .field label { display: block; padding: 0; margin-bottom: .375rem; font-weight: 600; font-size: .9375rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); gap: .625rem; }
.tile, .check { position: relative; display: flex; align-items: center; gap: .75rem; min-height: 3.5rem; padding: .75rem 1rem; border: 1px solid var(--edge); border-radius: .75rem; font-weight: 600; cursor: pointer; }
.wide .tile { min-height: 5.5rem; align-items: flex-start; }
.tile small { display: block; margin-top: .25rem; font-size: .875rem; font-weight: 400; color: var(--soft); }
[type=radio], [type=checkbox] { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0; accent-color: var(--main); }
@supports selector(:has(*)) {
  .tile:has(:checked), .all:has(:checked) { border-color: var(--main); background: var(--tint); box-shadow: inset 0 0 0 1px var(--main); }
  form:not(:has([value=MVNO]:checked)) .network { display: none; }
}
.consents { list-style: none; margin: .5rem 0 0; padding: 0; }
.consents li { border-bottom: 1px solid var(--line); padding: .375rem 0 0; }
.consents .check { border: 0; padding: .5rem 1rem; min-height: 2.75rem; font-weight: 500; }
.check em { font-style: normal; font-size: .8125rem; color: var(--soft); white-space: nowrap; }
summary { min-height: 2.75rem; padding: .625rem 0; font-size: .875rem; color: var(--soft); cursor: pointer; }
.consents summary { margin-left: 3rem; }
.terms { margin: 0 0 .75rem; padding: .875rem 1rem; border-radius: .75rem; background: var(--back); font-size: .875rem; }
.field { margin-top: 1.25rem; }
input:not([type=radio], [type=checkbox]) { width: 100%; min-height: 3.25rem; padding: .5rem .875rem; border: 1px solid var(--edge); border-radius: .75rem; background: var(--card); color: inherit; font: inherit; font-size: 1.0625rem; scroll-margin-block: 6rem; }
.number { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 0 .5rem; }
.birth { flex: 1 1 6rem; }
.digit { flex: 0 1 auto; }
.dash { line-height: 3.25rem; color: var(--soft); }
.masked { display: flex; align-items: center; gap: .5rem; font-size: .75rem; letter-spacing: .1em; color: var(--soft); white-space: nowrap; }
.masked input { width: 3.25rem !important; flex: none; text-align: center; padding: 0 !important; color: var(--ink) !important; }
.otp { letter-spacing: .3em; font-size: 1.5rem !important; font-variant-numeric: tabular-nums; }
[aria-invalid] { border-color: var(--bad) !important; box-shadow: inset 0 0 0 1px var(--bad); }
fieldset[aria-invalid] { box-shadow: none; }
fieldset[aria-invalid] .tile { border-color: var(--bad); }
.wrong, .over { margin: .375rem 0; font-size: .875rem; font-weight: 600; color: var(--bad); }
.consents .wrong { margin: .25rem 0 0 3rem; }
.problems { margin: 1rem 0 0; padding: .75rem 1rem; border-left: .25rem solid var(--bad); border-radius: .5rem; background: var(--blush); font-size: .9375rem; }
.problems p { margin: 0; font-weight: 600; }
.problems ul { margin: 0; padding: 0 0 0 1.125rem; }
.problems a { display: inline-flex; align-items: center; min-width: 2.75rem; min-height: 2.75rem; color: var(--bad); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: .75rem 0 0; }
.counts dt { font-size: .8125rem; color: var(--soft); }
[role=timer] { color: var(--main); }
.counts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.phone { color: var(--ink); white-space: nowrap; }
`;

const ACTIONS = `
.actions { display: flex; flex-direction: column; gap: .625rem; margin-top: 1.75rem; }
.actions .note { margin: 0; }
.pair { display: flex; flex-wrap: wrap; gap: .625rem; }
.pair > * { flex: 1 1 9rem; }
.second small { font-weight: 400; font-size: .8125rem; }
button, .primary, .chip { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; min-width: 2.75rem; padding: .5rem 1rem; border: 1px solid transparent; border-radius: .75rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; white-space: pre-wrap; cursor: pointer; transition: background-color .15s; }
.primary { min-height: 3.375rem; background: var(--main); color: var(--on); font-size: 1.0625rem; }
.primary:hover { background: var(--press); }
.second { flex-direction: column; min-height: 3.25rem; padding: .375rem .5rem; line-height: 1.35; border-color: var(--edge); background: none; color: var(--ink); }
.second:hover, .quiet:hover { background: var(--tint); }
.second:disabled { color: var(--soft); border-style: dashed; background: none; cursor: default; }
.quiet { background: none; color: var(--soft); font-weight: 500; text-decoration: underline; text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.tile:has(:focus-visible) input, .check:has(:focus-visible) input { outline: 0; }
.tile:focus-within:has(:focus-visible), .check:focus-within:has(:focus-visible) { outline: 3px solid var(--main); outline-offset: 2px; }
.advice { margin: 1rem 0 0; padding: .875rem 1rem; border-radius: .75rem; background: var(--tint); }
.sign { display: block; width: 3.5rem; margin: 1.75rem 0 0; fill: var(--tint); stroke: var(--main); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.not { fill: var(--blush); stroke: var(--bad); }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; scroll-behavior: auto !important; } }
`;

const SANDBOX = `
:root { --test: #fff3cf; --test-ink: #574100; --test-edge: #a37f19; }
@media (prefers-color-scheme: dark) { :root { --test: #372c0a; --test-ink: #ffe39a; --test-edge: #b8912b; } }
.ribbon { background: var(--test); color: var(--test-ink); border-bottom: 1px solid var(--test-edge); padding: max(.5rem, env(safe-area-inset-top)) max(1.25rem, env(safe-area-inset-right)) .5rem max(1.25rem, env(safe-area-inset-left)); font-size: .875rem; text-align: center; }
.ribbon p { margin: 0; }
.ribbon span { display: inline-block; }
.test { margin: 1rem 0 0; padding: .75rem 1rem; border: 1px dashed var(--test-edge); border-radius: .75rem; font-size: .9375rem; }
.test h2 { margin: 0 0 .5rem; font-size: .9375rem; }
.test p { margin: .25rem 0; }
.test.row { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; }
.given { font-size: 1.125rem; letter-spacing: .1em; }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: 0; padding: 0; }
.chip { padding: .25rem .875rem; background: var(--test); color: var(--test-ink); border-color: var(--test-edge); border-radius: 2rem; font-size: .9375rem; font-weight: 500; }
.second.play { background: var(--test); color: var(--test-ink); border-color: var(--test-edge); }
.picker { max-width: 30rem; margin: 0 auto max(1.5rem, env(safe-area-inset-bottom)); padding: 0 1.25rem; width: calc(100% - 2.5rem); }
.picker summary { color: var(--ink); font-weight: 600; }
.picker form { padding-bottom: .75rem; }
@media (min-width: 700px) {
  .ribbon { margin: -2rem 0 2rem; }
  .picker { margin-top: 1rem; width: 100%; background: var(--card); }
}
`;

/** For every screen. */
export const STYLE = minify(`${COLOURS}${PAGE}${FORM}${ACTIONS}`);

/** Added after it in the sandbox. */
export const SANDBOX_STYLE = minify(SANDBOX);
