/**
 * Has downloads over HTTPS believe an authority (PEM) besides those that everybody knows. Done at the first of them, since reading all those
 * certificates takes as long as a start of the agent.
 */
export function trustWhenNeeded(authority: string | undefined): (url: string) => Promise<void> {
	let isDone = authority === undefined;
	return async (url) => {
		if (isDone || authority === undefined || !url.startsWith("https:")) return;
		const { getCACertificates, setDefaultCACertificates } = await import("node:tls");
		setDefaultCACertificates([...getCACertificates("default"), authority]);
		isDone = true;
	};
}
