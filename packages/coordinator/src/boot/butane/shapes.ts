/**
 * What a Butane document may hold, as a table: the YAML's names, the Ignition name, and the Ignition spec (its minor
 * version) that brought the field. After Butane's own `base/*\/schema.go` and `config/*\/schema.go`.
 */
export type Shape =
	| { readonly kind: "text" | "whole" | "flag" }
	| { readonly kind: "list"; readonly of: Shape }
	| { readonly kind: "object"; readonly fields: Readonly<Record<string, Field>> }
	/** Contents: as an object of fields, of which `inline` and `local` become a data URL. */
	| { readonly kind: "resource"; readonly fields: Readonly<Record<string, Field>> };
export interface Field {
	readonly shape: Shape;
	/** The Ignition name, where it is not the camel-cased one. */
	readonly to?: string;
	readonly since?: number;
	/** Why it cannot be converted here. */
	readonly refused?: string;
	/** Read by the converter itself, not copied. */
	readonly sugar?: true;
}

const text: Field = { shape: { kind: "text" } };
const whole: Field = { shape: { kind: "whole" } };
const flag: Field = { shape: { kind: "flag" } };
const texts: Field = { shape: { kind: "list", of: text.shape } };
const object = (fields: Record<string, Field>): Field => ({ shape: { kind: "object", fields } });
const list = (fields: Record<string, Field>): Field => ({ shape: { kind: "list", of: { kind: "object", fields } } });
const since = (minor: number, field: Field): Field => ({ ...field, since: minor });
const refused = (reason: string): Field => ({ shape: { kind: "object", fields: {} }, refused: reason });

const resourceFields: Record<string, Field> = {
	source: text,
	compression: text,
	http_headers: since(1, list({ name: text, value: text })),
	verification: object({ hash: text }),
	inline: { ...text, sugar: true },
	local: { ...text, sugar: true, since: 1 },
};
const resource: Field = { shape: { kind: "resource", fields: resourceFields } };
const resources: Field = { shape: { kind: "list", of: resource.shape } };

const owner = object({ id: whole, name: text });
const node = { path: text, overwrite: flag, user: owner, group: owner };
const tang = list({ url: text, thumbprint: text, advertisement: since(4, text) });

const storage = object({
	directories: list({ ...node, mode: whole }),
	files: list({ ...node, mode: whole, contents: resource, append: resources }),
	links: list({ ...node, target: text, hard: flag }),
	trees: refused("trees of local files are not taken: name each file, with local contents, under storage.files"),
	disks: list({
		device: text,
		wipe_table: flag,
		partitions: list({
			guid: text,
			label: text,
			number: whole,
			resize: since(2, flag),
			should_exist: flag,
			size_mib: { ...whole, to: "sizeMiB" },
			start_mib: { ...whole, to: "startMiB" },
			type_guid: text,
			wipe_partition_entry: flag,
		}),
	}),
	raid: list({ name: text, level: text, devices: texts, options: texts, spares: whole }),
	luks: since(
		2,
		list({
			name: text,
			label: text,
			uuid: text,
			device: text,
			key_file: resource,
			wipe_volume: flag,
			cex: since(5, object({ enabled: flag })),
			discard: since(4, flag),
			open_options: since(4, texts),
			options: texts,
			clevis: object({
				custom: object({ config: text, needs_network: flag, pin: text }),
				tang,
				threshold: whole,
				tpm2: flag,
			}),
		}),
	),
	filesystems: list({
		device: text,
		format: text,
		label: text,
		mount_options: since(1, texts),
		options: texts,
		path: text,
		uuid: text,
		wipe_filesystem: flag,
		with_mount_unit: { ...flag, sugar: true, since: 1 },
	}),
});

const passwd = object({
	groups: list({ name: text, gid: whole, password_hash: text, should_exist: since(2, flag), system: flag }),
	users: list({
		name: text,
		gecos: text,
		groups: texts,
		home_dir: text,
		no_create_home: flag,
		no_log_init: flag,
		no_user_group: flag,
		password_hash: text,
		primary_group: text,
		should_exist: since(2, flag),
		ssh_authorized_keys: texts,
		ssh_authorized_keys_local: { ...texts, sugar: true, since: 4 },
		shell: text,
		system: flag,
		uid: whole,
	}),
});

const local: Field = { ...text, sugar: true, since: 4 };

/** Why a disk's layout means nothing here. */
const NO_DISK = "it lays out the disk that Fedora CoreOS is installed on, and these machines boot into RAM";

/** The whole document, without `variant` and `version`. */
export const DOCUMENT: Readonly<Record<string, Field>> = {
	variant: { ...text, sugar: true },
	version: { ...text, sugar: true },
	ignition: object({
		config: object({ merge: resources, replace: resource }),
		timeouts: object({ http_response_headers: whole, http_total: whole }),
		security: object({ tls: object({ certificate_authorities: resources }) }),
		proxy: since(1, object({ http_proxy: text, https_proxy: text, no_proxy: texts })),
	}),
	storage,
	systemd: object({
		units: list({
			name: text,
			enabled: flag,
			mask: flag,
			contents: text,
			contents_local: local,
			dropins: list({ name: text, contents: text, contents_local: local }),
		}),
	}),
	passwd,
	kernel_arguments: since(3, object({ should_exist: texts, should_not_exist: texts })),
	boot_device: refused(NO_DISK),
	grub: refused("there is no GRUB: these machines are booted by iPXE"),
};

/** The Ignition spec that a Butane version stands for (Butane, `config/config.go`). */
export const VERSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	flatcar: { "1.0.0": "3.3.0", "1.1.0": "3.4.0" },
	fcos: {
		"1.0.0": "3.0.0",
		"1.1.0": "3.1.0",
		"1.2.0": "3.2.0",
		"1.3.0": "3.2.0",
		"1.4.0": "3.3.0",
		"1.5.0": "3.4.0",
		"1.6.0": "3.5.0",
		"1.7.0": "3.6.0",
	},
};

/** `size_mib` and the like have names of their own; the rest is camel-cased. */
export function ignitionName(name: string, field: Field): string {
	return field.to ?? name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
