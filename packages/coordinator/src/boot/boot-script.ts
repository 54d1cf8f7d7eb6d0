import { BOOT_PLACEHOLDERS, type BootPlaceholder, type Profile } from "@rollcall/protocol";
import { Unencodable } from "../errors.ts";
import { type IpxeLine, ipxeScript } from "./ipxe-script.ts";
import { type IpxeWord, parseIpxeWord } from "./ipxe-words.ts";
import { type KernelArg, kernelArgWords, parseKernelArg } from "./kernel-args.ts";
import { type BootUrls, placeholderValue } from "./machine-urls.ts";

/**
 * The first script that a machine gets. It comes back with the machine's own values, as matchbox's does, and tries again
 * for ever: a coordinator that is away must not leave a machine at a prompt. What may hold blanks goes percent-encoded.
 */
export function stubScript(): string {
	const setting = (name: string) => ({ setting: name });
	return ipxeScript([
		{ kind: "label", label: "again" },
		{
			kind: "sequence",
			first: {
				kind: "chain",
				uri: [
					...["ipxe?uuid=", setting("uuid"), "&mac=", setting("mac:hexhyp")],
					...["&domain=", setting("domain:uristring"), "&hostname=", setting("hostname:uristring")],
					...["&serial=", setting("serial:uristring"), "&asset=", setting("asset:uristring")],
					...["&arch=", setting("buildarch:uristring"), "&buildarch=", setting("buildarch:uristring")],
				],
			},
			next: [{ when: "failed", command: { kind: "goto", label: "failed" } }],
		},
		{ kind: "exit" },
		{ kind: "label", label: "failed" },
		{ kind: "echo", text: "rollcall: no boot script, trying again in 5 seconds" },
		{ kind: "sleep", seconds: 5 },
		{ kind: "goto", label: "again" },
	]);
}

/** The lines that boot a profile. Throws Unencodable when the profile holds what cannot be written. */
function profileLines(profile: Profile, urls: BootUrls): IpxeLine[] {
	if (profile.kernel === undefined)
		return [
			{ kind: "echo", text: `rollcall: profile ${profile.name} has no kernel, on to the next device` },
			{ kind: "exit" },
		];
	const args = profile.args.map((text) => kernelArg(text, profile, urls));
	// UEFI kernels find their initrds by name only. A profile that names them itself means iPXE's own names: the file names.
	const namesThem = args.some((arg) => arg.name === "initrd");
	const initrds = profile.initrd.map((initrd, index) => {
		const name = ("name" in initrd ? initrd.name : undefined) ?? (namesThem ? undefined : `initrd${index}`);
		return { uri: [absolute(initrd.url, urls)], ...(name === undefined ? {} : { name }) };
	});
	const named = namesThem ? [] : initrds.flatMap(({ name }) => (name ? [{ name: "initrd", value: [name] }] : []));
	return [
		{ kind: "imgfree" },
		{ kind: "kernel", uri: [absolute(profile.kernel, urls)], args: kernelArgWords([...named, ...args]) },
		...initrds.map((initrd): IpxeLine => ({ kind: "initrd", ...initrd })),
		{ kind: "boot" },
	];
}

/** The script that boots a profile. */
export function profileScript(profile: Profile, urls: BootUrls): string {
	return ipxeScript(profileLines(profile, urls));
}

/** A script that says why there is nothing to boot; the stub then tries again. */
export function refusalScript(reason: string): string {
	// Letters, digits and harmless marks: enough for a sentence, and nothing that iPXE could read.
	const text = reason.replaceAll(/[^A-Za-z0-9.,:/_()=-]+/g, " ").trim();
	return ipxeScript([
		{ kind: "echo", text: `rollcall: ${text || "refused"}` },
		{ kind: "sleep", seconds: 5 },
		{ kind: "fail" },
	]);
}

function absolute(source: string, urls: BootUrls): string {
	return source.startsWith("/") ? `${urls.base}${source}` : source;
}

function kernelArg(text: string, profile: Profile, urls: BootUrls): KernelArg {
	const place = `profile ${profile.name}, argument ${text.slice(0, 60)}`;
	return parseKernelArg(text, (value) => parsePlaceholders(value, place, urls));
}

function parsePlaceholders(text: string, place: string, urls: BootUrls): IpxeWord {
	return text.split(/(\{\{[^{}]*\}\})/).flatMap((piece): IpxeWord => {
		const name = /^\{\{([^{}]*)\}\}$/.exec(piece)?.[1];
		if (name === undefined) return parseIpxeWord(piece, place);
		if (!(BOOT_PLACEHOLDERS as readonly string[]).includes(name)) {
			throw new Unencodable("profile", place, `{{${name}}} is not known; ${BOOT_PLACEHOLDERS.join(", ")} are`);
		}
		return [placeholderValue(name as BootPlaceholder, urls)];
	});
}
