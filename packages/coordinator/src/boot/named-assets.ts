import type { BootDocument } from "@rollcall/protocol";

/** The names of files, and folders of them, below `/assets/` that a boot document sends machines to, each once: in profiles, their kernel arguments, and the menu. */
export function namedAssets({ profiles, menu }: BootDocument): string[] {
	const urls = profiles.flatMap(({ kernel, initrd, args }) => [kernel, ...initrd.map(urlOf), ...args.map(inArgument)]);
	const chosen = (menu?.entries ?? []).map((entry) => (entry.kind === "memtest" ? entry.kernel : undefined));
	const names = [...urls, ...chosen].flatMap((url) => /^\/assets\/([^?#]+)/.exec(url ?? "")?.[1] ?? []);
	// What is filled in for each machine has no name yet.
	return [...new Set(names.filter((name) => !/[{}$]/.test(name)))].sort();
}

function urlOf(one: string | { readonly url: string }): string {
	return typeof one === "string" ? one : one.url;
}

/** The path of a file that a kernel argument names, as `fetch={{assets}}/live.squashfs` does. */
function inArgument(argument: string): string | undefined {
	const name = /\{\{(?:assets\}\}|base\}\}\/assets)\/([^\s;,"]+)/.exec(argument)?.[1];
	return name && `/assets/${name}`;
}
