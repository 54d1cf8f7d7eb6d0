/**
 * True when a request was meant for us, by its Host header (RFC 9110, 7.2). A page of a foreign name whose address was switched to
 * ours (DNS rebinding) sends that name. An address as a host cannot be switched, and programs without the header are no browsers.
 */
export function isKnownHost(header: string | undefined, names: ReadonlySet<string>): boolean {
	if (header === undefined || header === "") return true;
	const text = header.toLowerCase();
	if (/^\[[0-9a-f:.]+\](?::\d{1,5})?$/.test(text)) return true;
	const name = /^([a-z0-9._-]{1,255}?)\.?(?::\d{1,5})?$/.exec(text)?.[1];
	if (name === undefined) return false;
	return isAddress(name) || names.has(name);
}

/** True for an IPv4 address in its usual form; others, like `0x7f.1`, are names to a browser's page as well. */
function isAddress(name: string): boolean {
	const parts = name.split(".");
	return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}
