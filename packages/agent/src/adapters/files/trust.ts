/**
 * Has downloads over HTTPS believe an authority (PEM) besides those that everybody knows. Done at the first of them, and where it is another
 * one since, since reading all those certificates takes as long as a start of the agent.
 */
export function trustWhenNeeded(authority: () => string | undefined = () => undefined): (url: string) => Promise<void> {
	let done: string | undefined;
	let known: readonly string[] | undefined;
	return async (url) => {
		const now = authority();
		if (now === done || now === undefined || !url.startsWith("https:")) return;
		const { getCACertificates, setDefaultCACertificates } = await import("node:tls");
		known ??= getCACertificates("default");
		setDefaultCACertificates([...known, now]);
		done = now;
	};
}
