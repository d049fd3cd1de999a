/* Made by `npm run types` from the schema that the API reference is made of. Do not edit. */

/** Requested, failed or expired: it says nothing about anybody. */
export interface UncertifiedCertification {
  /** Whether the person has been verified. */
  readonly certified: false;
  /** Id of the certification. Those made here are `imp_` and 12 digits; imported ones may look different. */
  readonly imp_uid: string;
  /** The merchant’s own number; `nobody_` and the time in milliseconds when none was given. */
  readonly merchant_uid: string;
  /** Address of the page that started the certification; `null` for one made by OTP request, which has no page. */
  readonly origin: string | null;
  /** The agency that verifies. */
  readonly pg_provider: 'danal' | 'inicis_unified' | 'kcp_v2' | 'inicis' | (string & {});
}

/** The verified person. What is optional depends on the merchant's contract with the provider. */
export interface CertifiedCertification {
  /** First instant of the birthday in Seoul, in UNIX seconds; negative before 1970. For the date itself use `birthday`. */
  readonly birth: number;
  /** Birthday, `YYYY-MM-DD`. */
  readonly birthday: string;
  /** Carrier; `_MVNO` marks a budget operator. Absent, never `null`, when the channel has no carrier approval or the agency does not tell. */
  readonly carrier?: 'SKT' | 'KT' | 'LGT' | 'SKT_MVNO' | 'KT_MVNO' | 'LGT_MVNO';
  /** Whether the person has been verified. */
  readonly certified: true;
  /** When the verification was done, in UNIX seconds. */
  readonly certified_at: number;
  /** Whether the person is a foreigner. Always `false` on a danal channel without the foreigner add-on. */
  readonly foreigner: boolean;
  /** Whether the person is a foreigner; `null` when that is not known. */
  readonly foreigner_v2: boolean | null;
  /** Sex, `male` or `female`; `null` when the agency does not tell. */
  readonly gender: 'male' | 'female' | null;
  /** Id of the certification. Those made here are `imp_` and 12 digits; imported ones may look different. */
  readonly imp_uid: string;
  /** The merchant’s own number; `nobody_` and the time in milliseconds when none was given. */
  readonly merchant_uid: string;
  /** Name. */
  readonly name: string;
  /** Address of the page that started the certification; `null` for one made by OTP request, which has no page. */
  readonly origin: string | null;
  /** The agency that verifies. */
  readonly pg_provider: 'danal' | 'inicis_unified' | 'kcp_v2' | 'inicis' | (string & {});
  /** The agency’s number of the transaction. */
  readonly pg_tid: string;
  /** Mobile number, digits only. Absent, never `null`, on a danal channel without carrier approval. */
  readonly phone?: string;
  /** DI, 64 characters; differs for each merchant id at the agency. `null` for inicis_unified. */
  readonly unique_in_site: string | null;
  /** CI, 88 characters; the same for one person everywhere. Empty where an issuer of inicis_unified gives none. */
  readonly unique_key: string;
}

/** One attempt to verify one person. Look at `certified` before anything else. */
export type Certification = CertifiedCertification | UncertifiedCertification;
