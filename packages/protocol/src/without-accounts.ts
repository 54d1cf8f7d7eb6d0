/** A text in which no address has a name or a password any more: `https://...@host/path`. For what people are told of addresses that others wrote. */
export function withoutAccounts(text: string): string {
	return text.replaceAll(/([a-z][a-z0-9+.-]{0,31}:\/\/)[^/?#\s"'@]{0,1024}@(?:[^/?#\s"'@]{0,1024}@)*/gi, "$1...@");
}
