import type { Carrier, CarrierChoice } from '../../core/identity.ts';
import { type Html, html } from '../../html/template.ts';
import { COPY } from '../copy.ts';
import type { ProblemMarks } from '../problems.ts';
import type { Screen, ScreenContext } from '../screen.ts';
import { actions, form, speak, type View } from '../view.ts';

const NAMES: Readonly<Record<CarrierChoice, { ko: string; en: string }>> = {
  SKT: { ko: 'SKT', en: 'SKT' },
  KT: { ko: 'KT', en: 'KT' },
  LGT: { ko: 'LG U+', en: 'LG U+' },
  MVNO: { ko: '알뜰폰', en: 'Budget carrier' },
};
const NETWORKS: readonly Carrier[] = ['SKT', 'KT', 'LGT'];

/** J1: the carrier; for a budget carrier, also its network. */
export function viewCarrier(
  screen: Extract<Screen, { kind: 'carrier' }>,
  context: ScreenContext,
  problems: ProblemMarks,
): View {
  const t = speak(context.language);
  const tiles = (
    field: 'carrier' | 'network',
    values: readonly CarrierChoice[],
    chosen: CarrierChoice | null,
  ): Html =>
    html`<div class="tiles">${values.map(
      (value, index) =>
        html`<label class="tile"><input type="radio" name="${field}" value="${value}"${index === 0 && html` id="f-${field}"${problems.focus(field)}`}${value === chosen && html` checked`}><span>${NAMES[value][context.language]}</span></label>`,
    )}</div>`;
  const budget = screen.offered.includes('MVNO');
  return {
    title: COPY.carrier_title[context.language],
    heading: t('carrier_heading'),
    lead: html`<p class="lead">${t('carrier_lead')}</p>`,
    phase: 1,
    body: form(
      context,
      html`<fieldset role="radiogroup"${problems.describe('carrier', budget ? 'h-carrier' : undefined)}><legend>${t('carrier_legend')}</legend>${tiles('carrier', screen.offered, screen.chosen)}${budget && html`<p class="note" id="h-carrier">${t('mvno_note')}</p>`}${problems.beside('carrier')}</fieldset>${budget && html`<fieldset class="network" role="radiogroup"${problems.describe('network', 'h-network')}><legend>${t('network_legend')}</legend><p class="note" id="h-network">${t('network_note')}</p>${tiles('network', NETWORKS, screen.network)}${problems.beside('network')}</fieldset>`}${actions(context, { does: 'next', label: t('next') })}`,
    ),
  };
}
