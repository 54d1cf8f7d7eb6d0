import { isSafeSetting } from "../ipxe-words.ts";
import { wordOf } from "./word.ts";

/** The hosts of matchbox itself: those that kernel arguments fetch Ignition and the like from. */
export function ownHosts(args: readonly string[]): ReadonlySet<string> {
	const found = args.flatMap(
		(arg) => /=https?:\/\/([^/]+)\/(?:ignition|metadata|generic|cloud)\b/.exec(arg)?.[1] ?? [],
	);
	return new Set(found);
}

/** Kernel arguments of a profile: the list, which matchbox joins with blanks, and the older map of them. */
export function kernelArgs(boot: Readonly<Record<string, unknown>>): string[] {
	const listed = Array.isArray(boot.args) ? boot.args.map(wordOf).flatMap(words) : [];
	const older = typeof boot.cmdline === "object" && boot.cmdline !== null ? Object.entries(boot.cmdline) : [];
	// An empty value stands for a flag.
	return [...listed, ...older.map(([name, value]) => (wordOf(value) === "" ? name : `${name}=${wordOf(value)}`))];
}

/** Blanks within double quotes cut nothing. */
function words(text: string): string[] {
	return text.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
}

/**
 * A kernel argument whose URLs of matchbox lead here. What a URL asks besides who the machine is stays as it is, such as
 * `os=installed`, by which an installer gets for the installed system what its own group says.
 */
export function ownUrls(arg: string): string {
	const [, name, query] = /^([^=]+)=https?:\/\/[^/]+\/ignition(?:\?(\S*))?$/.exec(arg) ?? [];
	// dracut and live systems put a word before a URL: `root=live:http://...`.
	if (name === undefined)
		return arg.replaceAll(/([=:,])https?:\/\/[^/\s,]+\/(assets\/|metadata(?:\?|$))/g, "$1{{base}}/$2");
	const asked = new URLSearchParams(query ?? "");
	const whoOnly = [...asked.keys()].every((key) => key === "uuid" || key === "mac");
	return whoOnly ? `${name}={{ignition}}` : `${name}={{base}}/ignition?${query}`;
}

/** The argument with settings that may hold anything in their percent-encoded form, which is the same for ordinary values. */
export function safeSettings(arg: string): string {
	return arg.replaceAll(/\$\{([^}]*)\}/g, (text, setting: string) => {
		const encoded = `${setting.replace(/:[a-z0-9]+$/, "")}:uristring`;
		return !isSafeSetting(setting) && isSafeSetting(encoded) ? `\${${encoded}}` : text;
	});
}

/** A kernel or an initrd of matchbox's own host as an asset. */
export function ownSource(url: unknown, hosts: ReadonlySet<string>): unknown {
	if (typeof url !== "string") return url;
	const [, host = "", path] = /^https?:\/\/([^/]+)(\/assets\/.*)$/.exec(url) ?? [];
	return hosts.has(host) ? path : url;
}

/** `--name main /assets/x` as iPXE takes it. */
export function initrdOf(text: string, hosts: ReadonlySet<string>): { url: unknown; name?: string } {
	const named = /^--name[ =](\S+) +(\S+)$/.exec(text.trim());
	return named ? { url: ownSource(named[2], hosts), name: named[1] ?? "" } : { url: ownSource(text.trim(), hosts) };
}
