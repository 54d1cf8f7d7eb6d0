import { z } from "zod";
import { Name } from "../ids.ts";
import { nearest } from "../nearest.ts";
import { BOOT_PLACEHOLDERS, BootSource, Group, GroupSelector, Profile } from "./profile.ts";
import { BootUser } from "./user.ts";

/** A file for systemd-networkd, like `10-lan.network` (systemd.network(5)). */
export const NetworkUnit = z.strictObject({
	name: z
		.string()
		.max(128)
		.regex(
			/^[A-Za-z0-9][A-Za-z0-9._-]*\.(?:network|netdev|link)$/,
			"a network unit ends in .network, .netdev or .link",
		),
	contents: z.string().max(16_384),
	/** Which machines get it. Of several units of one name a machine gets the one with the most conditions. */
	selector: GroupSelector.optional(),
});
export type NetworkUnit = z.infer<typeof NetworkUnit>;

/** A part of the operator: Ignition JSON or Butane-style YAML. */
export const IgnitionPart = z.strictObject({
	format: z.enum(["ignition", "butane"]),
	text: z.string().max(512 * 1024),
});
export type IgnitionPart = z.infer<typeof IgnitionPart>;

const title = z
	.string()
	.max(80)
	.regex(/^[!-~]+(?: [!-~]+)*$/, "a title is printable ASCII, with single spaces");

/** One line of the menu. rollcall: boot the group's own profile. */
export const MenuEntry = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("rollcall"), name: Name, title }),
	z.strictObject({ kind: z.literal("profile"), name: Name, title, profile: Name }),
	z.strictObject({ kind: z.literal("local-disk"), name: Name, title }),
	z.strictObject({ kind: z.literal("memtest"), name: Name, title, kernel: BootSource }),
	z.strictObject({
		kind: z.literal("chain"),
		name: Name,
		title,
		url: z
			.string()
			.max(1024)
			.regex(/^https?:\/\/[!-~]+$/),
	}),
]);
export type MenuEntry = z.infer<typeof MenuEntry>;

/** What machines of groups with `menu: true` are asked. */
export const BootMenu = z.strictObject({
	title: title.default("rollcall"),
	timeoutSeconds: z.int().min(0).max(3600).default(10),
	/** The entry that is taken when nobody answers; the first one without it. */
	default: Name.optional(),
	entries: z.array(MenuEntry).min(1).max(32),
});
export type BootMenu = z.infer<typeof BootMenu>;

/** What the operator declares about booting: one YAML document. */
export const BootDocument = z
	.strictObject({
		apiVersion: z.literal("rollcall/v1"),
		kind: z.literal("Boot"),
		profiles: z.array(Profile).max(1024).default([]),
		groups: z.array(Group).max(4096).default([]),
		parts: z.record(Name, IgnitionPart).default({}),
		users: z.array(BootUser).max(64).default([]),
		network: z.array(NetworkUnit).max(1024).default([]),
		menu: BootMenu.optional(),
	})
	.superRefine((document, context) => {
		const profiles = unique(document.profiles, "profiles", context);
		unique(document.groups, "groups", context);
		unique(document.users, "users", context);
		document.groups.forEach((group, index) => {
			if (!profiles.has(group.profile)) missing(context, ["groups", index, "profile"], `profile ${group.profile}`);
			if (group.menu && !document.menu) missing(context, ["groups", index, "menu"], "menu");
		});
		document.profiles.forEach((profile, index) => {
			profile.ignition?.parts.forEach((part, at) => {
				if (!Object.hasOwn(document.parts, part)) {
					missing(context, ["profiles", index, "ignition", "parts", at], `part ${part}`);
				}
			});
			profile.args.forEach((arg, at) => {
				for (const message of placeholderFaults(profile, arg))
					context.addIssue({ code: "custom", path: ["profiles", index, "args", at], message });
			});
		});
		if (!document.menu) return;
		const entries = unique(document.menu.entries, "menu.entries", context);
		if (document.menu.default && !entries.has(document.menu.default)) {
			missing(context, ["menu", "default"], `menu entry ${document.menu.default}`);
		}
		document.menu.entries.forEach((entry, index) => {
			if (entry.kind === "profile" && !profiles.has(entry.profile)) {
				missing(context, ["menu", "entries", index, "profile"], `profile ${entry.profile}`);
			}
		});
	});
export type BootDocument = z.infer<typeof BootDocument>;

/** Placeholders of a profile whose URLs nobody would serve: a machine that asked for one would get 404 again and again. */
function placeholderFaults(profile: Profile, arg: string): string[] {
	return [...arg.matchAll(/\{\{([^{}]*)\}\}/g)].flatMap(([whole, name = ""]) => {
		if (!(BOOT_PLACEHOLDERS as readonly string[]).includes(name)) {
			const near = nearest(name, BOOT_PLACEHOLDERS);
			return [
				`${whole} is not known (${near ? `did you mean {{${near}}}?` : `known are: ${BOOT_PLACEHOLDERS.join(", ")}`})`,
			];
		}
		// One without the agent may be of matchbox, whose machines asked for what was not there as well.
		if (!profile.agent) return [];
		const served = name === "ignition" || name === "cloudInit" ? name : undefined;
		if (served === undefined || profile[served] !== undefined) return [];
		return [`${whole} is served to no machine of profile ${profile.name} (add \`${served}: {}\` to the profile)`];
	});
}

type Context = { addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void };

function missing(context: Context, path: (string | number)[], what: string): void {
	context.addIssue({ code: "custom", path, message: `there is no ${what} in this document` });
}

function unique(items: readonly { name: string }[], where: string, context: Context): Set<string> {
	const seen = new Set<string>();
	items.forEach((item, index) => {
		if (seen.has(item.name)) {
			context.addIssue({
				code: "custom",
				path: [...where.split("."), index, "name"],
				message: `${item.name} is there twice`,
			});
		}
		seen.add(item.name);
	});
	return seen;
}
