import { CHANNELS } from './cast.ts';
import type { Cert } from './world.ts';

type Shown = Readonly<Record<string, unknown>>;

const PG_TIDS: Readonly<Record<string, RegExp>> = {
  danal: /^\d{21}010$/,
  inicis_unified: /^INISA_.{10}\d{24}$/,
  kcp_v2: /^\d{20}$/,
};

/** The object of §8.2 for any state but certified: nobody in it. */
export function pendingObject(impUid: string, cert: Cert): Shown {
  return {
    birth: 0,
    birthday: null,
    certified: false,
    certified_at: 0,
    foreigner: false,
    foreigner_v2: null,
    gender: null,
    imp_uid: impUid,
    merchant_uid: cert.merchantUid,
    name: null,
    origin: null,
    pg_provider: CHANNELS[cert.channelKey]?.provider,
    pg_tid: null,
    unique_in_site: null,
    unique_key: null,
  };
}

export function isPendingObject(impUid: string, cert: Cert, shown: Shown): boolean {
  return JSON.stringify(shown) === JSON.stringify(pendingObject(impUid, cert));
}

/** The object of §8.2 for a certified one, with the members that its channel shows. */
export function isCertifiedObject(impUid: string, cert: Cert, shown: Shown): boolean {
  const channel = CHANNELS[cert.channelKey];
  if (channel === undefined) return false;
  const { person } = cert;
  const { pg_tid: tid, unique_key: ci, unique_in_site: di } = shown;
  const expected = {
    birth: person.birth,
    birthday: person.birthday,
    ...(channel.showsCarrier && { carrier: person.carrier }),
    certified: true,
    certified_at: cert.certifiedAt,
    foreigner: channel.showsForeigner && person.foreigner,
    foreigner_v2: channel.showsForeigner ? person.foreigner : null,
    gender: person.gender,
    imp_uid: impUid,
    merchant_uid: cert.merchantUid,
    name: person.name,
    origin: null,
    pg_provider: channel.provider,
    pg_tid: tid,
    ...(channel.showsPhone && { phone: cert.phone }),
    unique_in_site: di,
    unique_key: ci,
  };
  const isDi = channel.showsDi ? /^MC0GCCqGSIb3DQIJAyEASANDBOX\/.{36}$/.test(String(di)) : di === null;
  return (
    JSON.stringify(shown) === JSON.stringify(expected) &&
    isDi &&
    /^SANDBOX\/.{78}==$/.test(String(ci)) &&
    PG_TIDS[channel.provider]?.test(String(tid)) === true
  );
}
