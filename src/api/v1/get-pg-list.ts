import { toAsciiJson } from '../../ascii-json.ts';
import { REMOVED } from '../../core/channel.ts';
import type { MerchantService } from '../../core/merchant-service.ts';
import type { Handler } from '../../http/routes.ts';

/** Shown by the mobile SDK when it does not know the shop; status 200, since it shows the text only then. */
const UNKNOWN = toAsciiJson({ code: -1, msg: '가맹점 식별코드를 찾을 수 없습니다.', data: [] });

/** `GET /users/pg/{userCode}`: a merchant's channels, for native SDKs. Public, with an envelope of its own. */
export function getPgList(merchants: MerchantService, sandbox: boolean): Handler {
  return async ({ parameters: { userCode = '' } }) => {
    const merchant = await merchants.find({ userCode });
    if (merchant === null) return UNKNOWN;
    const channels = await merchants.listChannels(merchant.id);
    const offered = channels.filter(({ adapter }) => adapter !== REMOVED);
    const data = offered.map((channel) => ({
      pg_provider: channel.provider,
      pg_id: channel.providerMerchantId,
      type: 'certification',
      sandbox,
      store_id: merchant.userCode,
    }));
    return toAsciiJson({ code: 0, msg: 'ok', data });
  };
}
