/** A command block of a page: what stands behind ```sh. */
export interface PageCommand {
	/** Which of several ways it is; undefined for what all ways have. */
	readonly way: string | undefined;
	readonly text: string;
}

/** The command blocks of a page in Markdown, in order. */
export function pageCommands(page: string): PageCommand[] {
	return [...page.matchAll(/^```sh(?: ([a-z-]+))?\n([\s\S]*?)\n```$/gm)].map(([, way, text = ""]) => ({ way, text }));
}
