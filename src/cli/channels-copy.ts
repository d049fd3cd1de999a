import type { Sentence } from '../config/language.ts';

/** What commands and checks print about channels. `{name}` stands for a value. */
export const CHANNELS_COPY = {
  removed_channel: { en: 'it was removed', ko: '삭제한 채널입니다' },
  no_provider: { en: 'no such provider here', ko: '이 서버에 없는 PG사입니다' },
  needs_adapter: {
    en: 'it needs an adapter and its settings; for {provider} there is {adapters}',
    ko: '어댑터와 그 설정이 필요합니다. {provider}에 쓸 수 있는 어댑터: {adapters}',
  },
  certifies_nobody: { en: 'it certifies nobody: {fault}', ko: '본인인증을 할 수 없습니다: {fault}' },
  named: { en: 'channel {name}: {fault}', ko: '채널 {name}: {fault}' },
  more: {
    en: 'and {count} more; bonin channels list names them',
    ko: '그 밖에 {count}개가 더 있습니다. bonin channels list로 확인하세요',
  },

  no_action: {
    en: 'channels takes {actions}, not {name}',
    ko: 'channels에는 {actions} 중 하나를 씁니다. 잘못 쓴 값: {name}',
  },
  takes: { en: 'channels {action} takes {operands}', ko: 'channels {action}의 인자: {operands}' },
  nothing_more: { en: 'nothing more', ko: '없음' },
  and: { en: ' and ', ko: ', ' },
  none_yet: {
    en: 'There is no channel yet; bonin channels add USER_CODE FILE adds one.',
    ko: '아직 채널이 없습니다. bonin channels add USER_CODE FILE로 추가하세요.',
  },
  of_another: { en: 'channel_key belongs to another merchant', ko: '다른 고객사의 channel_key입니다' },
  added: { en: '{name} is added', ko: '{name}: 채널을 추가했습니다' },
  updated: { en: '{name} is up to date', ko: '{name}: 채널을 수정했습니다' },
  removed: {
    en: '{name} is removed: its settings are deleted, and its results stay',
    ko: '{name}: 채널과 설정을 삭제했습니다. 인증결과는 남아 있습니다',
  },
  missing: { en: 'there is no channel {name}', ko: '등록되지 않은 채널입니다: {name}' },
  merchant: { en: 'merchant', ko: '고객사' },
  settings: { en: 'settings', ko: '설정' },
  state: { en: 'state', ko: '상태' },
  yes: { en: 'yes', ko: '예' },
  no: { en: 'no', ko: '아니요' },
  any: { en: 'any', ko: '제한 없음' },
  none: { en: 'none', ko: '없음' },
  not_asked: {
    en: '{name}  the settings are complete; the agency was not asked: it has no harmless question',
    ko: '{name}  설정이 갖춰졌습니다. 부담 없이 물어볼 방법이 없어 인증기관에는 확인하지 않았습니다',
  },
  asked: {
    en: '{name}  the settings are complete; the agency: {found}',
    ko: '{name}  설정이 갖춰졌습니다. 인증기관의 응답: {found}',
  },
  adapter_failed: { en: 'the adapter failed', ko: '어댑터에서 오류가 났습니다' },
} as const satisfies Record<string, Sentence>;
