/*
 * KCP's encryption by the web's cryptography interface: AES-256-CBC, the key from the encryption key as text, the IV
 * from the site code, both by PBKDF2 with the message's salt.
 */

const { subtle } = globalThis.crypto;

/** A shop's contract with KCP. */
export interface Site {
  readonly code: string;
  readonly encryptionKey: string;
}

export async function encryptFor(site: Site, text: string): Promise<{ salt: string; encrypted: string }> {
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const [key, iv] = await keysOf(site, salt);
  const encrypted = await subtle.encrypt({ name: 'AES-CBC', iv }, key, new TextEncoder().encode(text));
  return { salt: toBase64(salt), encrypted: toBase64(new Uint8Array(encrypted)) };
}

/** Rejects what was not encrypted with the key of the site. */
export async function decryptFrom(site: Site, salt: string, encrypted: string): Promise<string> {
  const [key, iv] = await keysOf(site, fromBase64(salt));
  const plain = await subtle.decrypt({ name: 'AES-CBC', iv }, key, fromBase64(encrypted));
  return new TextDecoder('utf-8', { fatal: true }).decode(plain);
}

async function keysOf(site: Site, salt: Uint8Array<ArrayBuffer>) {
  const [key, iv] = await Promise.all([derive(site.encryptionKey, salt), derive(site.code, salt)]);
  const usable = await subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt', 'decrypt']);
  return [usable, iv.slice(0, 16)] as const;
}

async function derive(password: string, salt: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const raw = new TextEncoder().encode(password);
  const material = await subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveBits']);
  return subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 10_000 }, material, 256);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Rejects other alphabets and wrong padding. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new Error('not base64');
  return bytes;
}
