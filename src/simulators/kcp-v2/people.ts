/** A subscriber whom KCP knows, in its words. All of them are invented, and their CI and DI say so. */
export interface SimulatedPerson {
  readonly name: string;
  /** `YYYYMMDD`. */
  readonly birthday: string;
  /** `01` male, `02` female; others are tried too. */
  readonly sex: string;
  /** `01` domestic, `02` foreign. */
  readonly nationality: string;
  readonly phone: string;
  readonly carrier: string;
  readonly ci: string;
  readonly di: string;
}

function invent(
  name: string,
  birthday: string,
  sex: string,
  carrier: string,
  more: Partial<SimulatedPerson> = {},
): SimulatedPerson {
  const tail = birthday + sex;
  return {
    name,
    birthday,
    sex,
    nationality: '01',
    phone: `0100000${birthday.slice(4)}`,
    carrier,
    ci: `${`SANDBOX/kcp+${tail}/`.padEnd(86, 'Ci+/')}==`,
    di: `${`MC0GCCqGSIb3DQIJAyEASANDBOX/kcp+${tail}/`.padEnd(63, 'Di+/')}=`,
    ...more,
  };
}

export const PEOPLE: readonly SimulatedPerson[] = [
  invent('홍길동', '19900131', '01', 'SKT'),
  invent('심청', '20040229', '02', 'KTF'),
  invent('김뷁똠', '19881212', '02', 'LGM'),
  invent('어린이', '20200101', '01', 'LGT'),
  invent('JOHN SMITH', '19800704', '01', 'KTM', { nationality: '02' }),
  invent('새통신', '19750505', '02', 'NEW'),
];
