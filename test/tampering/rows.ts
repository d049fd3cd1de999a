import type { Cell, Row, Tables } from './engine.ts';
import { impKeyOf, type KeyName, type MerchantName, USER_CODES, type World } from './world.ts';

/** The rows of the world, by the names that it has for them. */
export class Rows {
  readonly #tables: Tables;
  readonly #world: World;

  constructor(tables: Tables, world: World) {
    this.#tables = tables;
    this.#world = world;
  }

  all(table: string): readonly Row[] {
    return this.#tables.get(table) ?? [];
  }

  find(table: string, column: string, value: Cell): Row {
    const found = this.all(table).find((row) => row[column] === value);
    if (found === undefined) throw new Error(`there is no row of ${table} with this ${column}`);
    return found;
  }

  merchant(name: string): Row {
    return this.find('merchants', 'user_code', USER_CODES[name as MerchantName]);
  }

  channel(channelKey: string): Row {
    return this.find('channels', 'channel_key', channelKey);
  }

  key(name: string): Row {
    return this.find('api_keys', 'imp_key', impKeyOf(name as KeyName));
  }

  token(name: string): Row {
    return this.find('access_tokens', 'api_key_id', this.key(name)['id'] ?? null);
  }

  otherId(name: string): Row {
    return this.find('other_ids', 'imp_uid', this.#world.ids.get(name) ?? '');
  }

  /** The row that belongs to a certification, in a table whose key is its number. */
  of(table: 'certifications' | 'otps' | 'attempts' | 'erasures', name: string): Row {
    const impUid = this.#world.ids.get(name) ?? '';
    const id = /^imp_\d{12}$/.test(impUid) ? Number(impUid.slice(4)) : this.otherId(name)['id'];
    return this.find(table, 'id', id ?? null);
  }

  named(table: NamedTable, name: string): Row {
    switch (table) {
      case 'merchants':
        return this.merchant(name);
      case 'channels':
        return this.channel(name);
      case 'api_keys':
        return this.key(name);
      case 'access_tokens':
        return this.token(name);
      case 'other_ids':
        return this.otherId(name);
      default:
        return this.of(table, name);
    }
  }
}

export type NamedTable =
  | 'merchants'
  | 'channels'
  | 'api_keys'
  | 'access_tokens'
  | 'other_ids'
  | 'certifications'
  | 'otps'
  | 'attempts'
  | 'erasures';
