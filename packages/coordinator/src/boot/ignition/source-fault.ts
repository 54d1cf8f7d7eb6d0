/** Type, parameters, and how the rest is written (RFC 2397). */
const HEAD = /^data:(?:[^,;/]+\/[^,;]+)?(?:;[^,;=]+=[^,;]+)*(;base64)?,/;

/** Why Ignition cannot read a source, where it holds the content itself (`data:`); undefined where it can, and for any other. */
export function sourceFault(source: string): string | undefined {
	if (!source.startsWith("data:")) return undefined;
	const [head, base64] = HEAD.exec(source) ?? [];
	if (head === undefined) return "a data URL is data:, a type or nothing, and a comma before the content";
	const content = source.slice(head.length);
	if (base64) {
		const plain = content.replaceAll("\n", "");
		const fits = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
		return fits ? undefined : "the content of this data URL is no base64 with its padding";
	}
	// What no URL may hold (RFC 2396), or a percent sign that stands for no byte.
	const odd = /[^!-~]|[<>#"{}|\\^[\]`]|%(?![0-9A-Fa-f]{2})/.exec(content)?.[0];
	return odd === undefined ? undefined : `${JSON.stringify(odd)} has to be percent-encoded in a data URL`;
}
