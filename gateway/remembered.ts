/** The same function, which makes what it returns once for each object and keeps it no longer than that lasts. */
export function remembered<Of extends object, Made extends object | string>(make: (of: Of) => Made): (of: Of) => Made {
  const all = new WeakMap<Of, Made>()
  return (of) => {
    let made = all.get(of)
    if (made === undefined) all.set(of, made = make(of))
    return made
  }
}
