import type { IgnitionConfig, IgnitionResource } from "@rollcall/protocol";
import { resources } from "./versions.ts";

/** Takes down something that is wrong, at its place. */
export type Say = (path: (string | number)[], message: string) => void;

/** What Ignition looks up by a key, and so wants once. */
export function duplicates(config: IgnitionConfig, say: Say): void {
	const unique = (path: (string | number)[], keys: readonly string[] | undefined) => {
		const seen = new Set<string>();
		keys?.forEach((key, index) => {
			if (seen.has(key)) say([...path, index], `${key} is there twice`);
			seen.add(key);
		});
	};
	const { storage, systemd, passwd } = config;
	unique(
		["systemd", "units"],
		systemd?.units?.map((unit) => unit.name),
	);
	systemd?.units?.forEach((unit, index) => {
		unique(
			["systemd", "units", index, "dropins"],
			unit.dropins?.map((dropin) => dropin.name),
		);
	});
	unique(
		["passwd", "users"],
		passwd?.users?.map((user) => user.name),
	);
	unique(
		["passwd", "groups"],
		passwd?.groups?.map((group) => group.name),
	);
	unique(
		["storage", "filesystems"],
		storage?.filesystems?.map((filesystem) => filesystem.device),
	);
	unique(
		["storage", "disks"],
		storage?.disks?.map((disk) => disk.device),
	);
	storage?.disks?.forEach(({ partitions }, index) => {
		const path = ["storage", "disks", index, "partitions"];
		// 0, or none, is the next free number.
		unique(
			path,
			partitions?.map(({ number }, at) => (number ? `number ${number}` : `partition ${at}`)),
		);
		unique(
			path,
			partitions?.map(({ label }, at) => (typeof label === "string" ? `label ${label}` : `partition ${at}`)),
		);
	});
	unique(
		["storage", "raid"],
		storage?.raid?.map((raid) => raid.name),
	);
	unique(
		["storage", "luks"],
		storage?.luks?.map((luks) => luks.name),
	);
	const users = passwd?.users ?? [];
	users.forEach(({ sshAuthorizedKeys, groups }, index) => {
		unique(["passwd", "users", index, "sshAuthorizedKeys"], sshAuthorizedKeys);
		unique(["passwd", "users", index, "groups"], groups);
	});
	const { shouldExist = [], shouldNotExist = [] } = config.kernelArguments ?? {};
	unique(["kernelArguments", "shouldExist"], shouldExist);
	unique(["kernelArguments", "shouldNotExist"], shouldNotExist);
	shouldNotExist.forEach((argument, index) => {
		if (shouldExist.includes(argument))
			say(["kernelArguments", "shouldNotExist", index], `${argument} is among shouldExist`);
	});
	const { ignition } = config;
	unique(["ignition", "config", "merge"], sources(ignition.config?.merge));
	unique(
		["ignition", "security", "tls", "certificateAuthorities"],
		sources(ignition.security?.tls?.certificateAuthorities),
	);
	unique(["ignition", "proxy", "noProxy"], ignition.proxy?.noProxy);
	for (const { resource, path } of resources(config))
		unique(
			[...path, "httpHeaders"],
			resource.httpHeaders?.map(({ name }) => name),
		);
	const paths = new Set<string>();
	for (const kind of ["directories", "files", "links"] as const) {
		storage?.[kind]?.forEach((node, index) => {
			if (paths.has(node.path)) say(["storage", kind, index], `${node.path} is there twice`);
			paths.add(node.path);
		});
	}
}

/** Those without a source are said to be wrong elsewhere: each is its own key. */
function sources(list: readonly IgnitionResource[] | undefined): string[] | undefined {
	return list?.map(({ source }, index) => source ?? `number ${index + 1} of the list`);
}
