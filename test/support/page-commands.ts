/** A command block of a page: what stands behind ```sh, and whether the line before it says that it was not tried. */
export interface PageCommand {
	/** Which of several ways it is; undefined for what all ways have. */
	readonly way: string | undefined;
	readonly text: string;
	readonly needsMachines: boolean;
}

/** The command blocks of a page in Markdown, in order. */
export function pageCommands(page: string): PageCommand[] {
	return [...page.matchAll(/(?:^(\*Not tried: needs machines\.\*)\n\n)?^```sh(?: ([a-z-]+))?\n([\s\S]*?)\n```$/gm)].map(
		([, mark, way, text = ""]) => ({ way, text, needsMachines: mark !== undefined }),
	);
}
