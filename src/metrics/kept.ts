/** The value of a key, made when it is first asked for. Labels are bound once: to look them up costs more than to count. */
export function kept<K, V>(map: Map<K, V>, key: K, make: (key: K) => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make(key);
  map.set(key, made);
  return made;
}
