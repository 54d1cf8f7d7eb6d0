import { z } from "zod";

/*
 * The Ignition configuration, spec 3.0 to 3.6 (Ignition's own `configuration-v3_6.md` and its JSON schema). The strict
 * schema is that of 3.6; which field came with which version is in the coordinator's `boot/ignition/versions.ts`.
 */
const text = z.string().nullable().optional();
const flag = z.boolean().nullable().optional();
const count = z.int().nullable().optional();
const list = <T extends z.ZodType>(item: T) => z.array(item).max(4096).optional();

/** `<type>-<hexadecimal sum>`; SHA-256 came with 3.1. Of the decompressed content. */
const Hash = z
	.string()
	.regex(
		/^(?:sha512-[0-9a-fA-F]{128}|sha256-[0-9a-fA-F]{64})$/,
		"a hash is sha512- or sha256- and its hexadecimal sum",
	);
const Headers = list(z.strictObject({ name: z.string(), value: text }));

/** Something that is fetched: from a URL (also `data:`), checked by a hash. */
export const IgnitionResource = z.strictObject({
	source: z
		.string()
		.regex(/^(?:|(?:https?|tftp|s3|gs|arn|data):.*)$/s, "a source is an http, https, tftp, s3, arn, gs or data URL")
		.regex(
			/^(?!arn:)|^arn:[^:]+:s3:[^:]*:[^:]*:(?:accesspoint\/[^/]+|(?!accesspoint\/)[^/]+)\/.+$/s,
			"an arn names an object of S3",
		)
		.nullable()
		.optional(),
	compression: z.enum(["", "gzip"]).nullable().optional(),
	httpHeaders: Headers,
	verification: z.strictObject({ hash: Hash.nullable().optional() }).optional(),
});
export type IgnitionResource = z.infer<typeof IgnitionResource>;

/** Absolute and clean, as Ignition asks. */
const Path = z
	.string()
	.regex(/^\/(?:[^/\0]+(?:\/[^/\0]+)*)?$/, "a path is absolute, without trailing slash or empty parts")
	.refine((path) => !path.split("/").some((part) => part === "." || part === ".."), "a path has no '.' or '..' parts");
const Owner = z.strictObject({ id: count, name: text }).optional();
const node = { path: Path, overwrite: flag, user: Owner, group: Owner };
const IgnitionMode = z.int().min(0).max(0o7777, "a mode is at most 07777").nullable().optional();

export const IgnitionFile = z.strictObject({
	...node,
	mode: IgnitionMode,
	contents: IgnitionResource.optional(),
	append: list(IgnitionResource),
});
export type IgnitionFile = z.infer<typeof IgnitionFile>;
const Directory = z.strictObject({ ...node, mode: IgnitionMode });
const Link = z.strictObject({ ...node, target: text, hard: flag });

const Partition = z.strictObject({
	label: text,
	number: z.int().optional(),
	sizeMiB: count,
	startMiB: count,
	typeGuid: text,
	guid: text,
	wipePartitionEntry: flag,
	shouldExist: flag,
	resize: flag,
});
const Clevis = z.strictObject({
	custom: z.strictObject({ pin: text, config: text, needsNetwork: flag }).optional(),
	tpm2: flag,
	tang: list(z.strictObject({ url: z.string().optional(), thumbprint: text, advertisement: text })),
	threshold: count,
});
const Storage = z.strictObject({
	disks: list(z.strictObject({ device: Path, wipeTable: flag, partitions: list(Partition) })),
	raid: list(
		z.strictObject({
			name: z.string(),
			level: text,
			spares: count,
			devices: list(Path),
			options: list(z.string()),
		}),
	),
	luks: list(
		z.strictObject({
			name: z.string(),
			label: text,
			uuid: text,
			device: text,
			keyFile: IgnitionResource.optional(),
			wipeVolume: flag,
			clevis: Clevis.optional(),
			cex: z.strictObject({ enabled: flag }).optional(),
			discard: flag,
			openOptions: list(z.string()),
			options: list(z.string()),
		}),
	),
	filesystems: list(
		z.strictObject({
			path: text,
			device: Path,
			format: z.enum(["ext4", "btrfs", "xfs", "vfat", "swap", "none"]).nullable().optional(),
			options: list(z.string()),
			mountOptions: list(z.string()),
			wipeFilesystem: flag,
			label: text,
			uuid: text,
		}),
	),
	files: list(IgnitionFile),
	directories: list(Directory),
	links: list(Link),
});

const unitName = z
	.string()
	.regex(
		/^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|device|mount|automount|swap|target|path|timer|snapshot|slice|scope)$/,
		"not a unit name, like kubelet.service",
	);
export const IgnitionUnit = z.strictObject({
	name: unitName,
	enabled: flag,
	mask: flag,
	contents: text,
	dropins: list(
		z.strictObject({ name: z.string().regex(/^[^/\0]+\.conf$/, "a drop-in's name ends in .conf"), contents: text }),
	),
});
export type IgnitionUnit = z.infer<typeof IgnitionUnit>;

export const IgnitionUser = z.strictObject({
	name: z.string(),
	passwordHash: text,
	sshAuthorizedKeys: list(z.string()),
	uid: count,
	gecos: text,
	homeDir: text,
	noCreateHome: flag,
	primaryGroup: text,
	groups: list(z.string()),
	noUserGroup: flag,
	system: flag,
	noLogInit: flag,
	shell: text,
	shouldExist: flag,
});
export type IgnitionUser = z.infer<typeof IgnitionUser>;

/** A whole configuration of spec 3.0 to 3.6. */
export const IgnitionConfig = z.strictObject({
	ignition: z.strictObject({
		version: z.enum(["3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.5.0", "3.6.0"]),
		config: z.strictObject({ merge: list(IgnitionResource), replace: IgnitionResource.optional() }).optional(),
		timeouts: z.strictObject({ httpResponseHeaders: count, httpTotal: count }).optional(),
		security: z
			.strictObject({ tls: z.strictObject({ certificateAuthorities: list(IgnitionResource) }).optional() })
			.optional(),
		proxy: z.strictObject({ httpProxy: text, httpsProxy: text, noProxy: list(z.string()) }).optional(),
	}),
	storage: Storage.optional(),
	systemd: z.strictObject({ units: list(IgnitionUnit) }).optional(),
	passwd: z
		.strictObject({
			users: list(IgnitionUser),
			groups: list(
				z.strictObject({ name: z.string(), gid: count, passwordHash: text, system: flag, shouldExist: flag }),
			),
		})
		.optional(),
	kernelArguments: z.strictObject({ shouldExist: list(z.string()), shouldNotExist: list(z.string()) }).optional(),
});
export type IgnitionConfig = z.infer<typeof IgnitionConfig>;
