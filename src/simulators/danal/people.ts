/** How the window names the carriers. */
export const WINDOW_CARRIERS = ['SKT', 'KTF', 'LGT', 'MVNO'] as const;

/** A subscriber whom Danal knows. All of them are invented, and their CI and DI say so. */
export interface SimulatedPerson {
  readonly name: string;
  /** `YYYYMMDD`. */
  readonly birthday: string;
  /** As Danal tells it: 1 male, 2 female; others are tried too. */
  readonly sex: string;
  readonly foreigner: boolean;
  /** Digits. */
  readonly phone: string;
  /** In the window's words. */
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
    foreigner: false,
    phone: `0100000${birthday.slice(4)}`,
    carrier,
    ci: `${`SANDBOX/danal+${tail}/`.padEnd(86, 'Ci+/')}==`,
    di: `${`MC0GCCqGSIb3DQIJAyEASANDBOX/danal+${tail}/`.padEnd(63, 'Di+/')}=`,
    ...more,
  };
}

/** An ordinary name, one that is valid in both character sets, and ones whose syllables KS X 1001 does not have. */
export const PEOPLE: readonly SimulatedPerson[] = [
  invent('홍길동', '19900131', '1', 'SKT'),
  invent('심청', '20040229', '2', 'KTF'),
  invent('홍칭홍', '19750505', '1', 'LGT'),
  invent('김뷁똠', '19881212', '2', 'MVNO'),
  invent('어린이', '20200101', '1', 'SKT'),
  invent('JOHN SMITH', '19800704', '1', 'KTF', { foreigner: true }),
];
