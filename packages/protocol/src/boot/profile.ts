import { z } from "zod";
import { Selector } from "../cluster/selector.ts";
import { Name } from "../ids.ts";
import { BootLabelKey, BootLabelValue } from "./request.ts";

/**
 * Where a kernel or an initrd is: a path below `/assets/` of the coordinator, or an http(s) URL. No other scheme: a boot
 * source that names a local file was a hole elsewhere (OSSA-2025-001).
 */
export const BootSource = z
	.string()
	.max(1024)
	.regex(
		/^(?:\/assets\/[A-Za-z0-9._~+@%-]+(?:\/[A-Za-z0-9._~+@%-]+)*|https?:\/\/[!-~]+)$/,
		"a boot source is a path below /assets/ or an http(s) URL",
	)
	.refine((source) => !/(?:^|\/)\.\.?(?:\/|$)/.test(source), "a boot source has no '.' or '..' parts");

/** What `{{...}}` may stand for in a kernel argument. All of them are URLs of the coordinator, made for one machine. */
export const BOOT_PLACEHOLDERS = ["base", "assets", "ignition", "cloudInit", "overlay"] as const;
export type BootPlaceholder = (typeof BOOT_PLACEHOLDERS)[number];

const KernelArgument = z
	.string()
	.min(1)
	.max(1024)
	.regex(/^[ -~]+$/, "a kernel argument is printable ASCII");

const Initrd = z.union([
	BootSource.transform((url) => ({ url })),
	z.strictObject({
		url: BootSource,
		/** The name that the kernel's `initrd=` refers to (UEFI). Without it: `initrd0`, `initrd1`, ... */
		name: z
			.string()
			.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
			.optional(),
	}),
]);

/** Ignition specs that are written here; parts of the operator may be newer. */
export const IGNITION_VERSIONS = ["2.1.0", "2.2.0", "2.3.0", "3.0.0", "3.1.0", "3.2.0", "3.3.0"] as const;
export const IgnitionVersion = z.enum(IGNITION_VERSIONS);
export type IgnitionVersion = z.infer<typeof IgnitionVersion>;

/** How a machine boots. */
export const Profile = z.strictObject({
	name: Name,
	title: z
		.string()
		.max(80)
		.regex(/^[!-~]+(?: [!-~]+)*$/, "a title is printable ASCII, with single spaces")
		.optional(),
	/** Absent: there is nothing to boot from the network; the firmware goes on to its next device, and the rest is served. */
	kernel: BootSource.optional(),
	initrd: z.array(Initrd).max(16).default([]),
	/** One kernel argument each. `{{ignition}}` and the like stand for the machine's URLs, `${mac:hexhyp}` for iPXE's settings. */
	args: z.array(KernelArgument).max(64).default([]),
	/** What `/ignition` serves: the spec version and the operator's parts, merged in this order. */
	ignition: z
		.strictObject({ version: IgnitionVersion.default("3.3.0"), parts: z.array(Name).max(32).default([]) })
		.optional(),
	/** What `/cloud-init/user-data` serves; `packages` are installed by cloud-init. */
	cloudInit: z.strictObject({ packages: z.array(z.string().max(128)).max(64).default([]) }).optional(),
	/** Whether the machine brings the agent. Without it nothing of a token is made, and boot URLs need none. */
	agent: z.boolean().default(true),
});
export type Profile = z.infer<typeof Profile>;

/** What a group asks of a machine: conditions over the request's labels, and, of machines that are known, labels and facts. */
export const GroupSelector = Selector.extend({ request: z.record(BootLabelKey, BootLabelValue).optional() });
export type GroupSelector = z.infer<typeof GroupSelector>;

/** Which machines get which profile. The most specific selector wins; ties go to the name that sorts first. */
export const Group = z.strictObject({
	name: Name,
	profile: Name,
	selector: GroupSelector.prefault({}),
	/** Served by `/metadata`, as matchbox does. */
	metadata: z.record(z.string().max(64), z.unknown()).default({}),
	/** True: the machine shows the menu first. */
	menu: z.boolean().default(false),
});
export type Group = z.infer<typeof Group>;
