import type { BootMenu, MenuEntry } from "@rollcall/protocol";
import { type IpxeCommand, type IpxeLine, ipxeScript } from "./ipxe-script.ts";
import { type BootUrls, machineQuery } from "./machine-urls.ts";

/**
 * The menu for machines that may choose. What needs a profile comes back for it with the entry's name; the token is made
 * only then.
 */
export function menuScript(menu: BootMenu, urls: BootUrls): string {
	const chosen = menu.default ?? menu.entries[0]?.name ?? "";
	return ipxeScript([
		{ kind: "label", label: "menu" },
		{ kind: "menu", title: menu.title },
		...menu.entries.map((entry): IpxeLine => ({ kind: "item", label: `entry-${entry.name}`, text: entry.title })),
		{
			kind: "sequence",
			first: { kind: "choose", variable: "chosen", default: `entry-${chosen}`, timeoutSeconds: menu.timeoutSeconds },
			next: [{ when: "failed", command: { kind: "goto", label: "menu" } }],
		},
		{ kind: "goto-chosen", variable: "chosen" },
		...menu.entries.flatMap((entry) => [
			{ kind: "label", label: `entry-${entry.name}` } as const,
			...entryLines(entry, urls),
			{ kind: "goto", label: "menu" } as const,
		]),
	]);
}

function entryLines(entry: MenuEntry, urls: BootUrls): IpxeLine[] {
	switch (entry.kind) {
		case "rollcall":
		case "profile":
			return [orMenu({ kind: "chain", uri: [`${urls.base}/ipxe${machineQuery(urls, { menu: entry.name })}`] })];
		case "chain":
			return [orMenu({ kind: "chain", uri: [entry.url] })];
		case "memtest":
			return [
				{ kind: "imgfree" },
				orMenu({
					kind: "kernel",
					uri: [entry.kernel.startsWith("/") ? `${urls.base}${entry.kernel}` : entry.kernel],
					args: [],
				}),
				orMenu({ kind: "boot" }),
			];
		case "local-disk":
			return [
				// UEFI goes on with its next boot entry; a BIOS has to be told the disk.
				{
					kind: "sequence",
					first: { kind: "is", setting: "platform", value: "efi" },
					next: [
						{ when: "succeeded", command: { kind: "exit" } },
						{ when: "failed", command: { kind: "sanboot" } },
						{ when: "failed", command: { kind: "goto", label: "menu" } },
					],
				},
			];
	}
}

function orMenu(command: IpxeCommand): IpxeLine {
	return { kind: "sequence", first: command, next: [{ when: "failed", command: { kind: "goto", label: "menu" } }] };
}
