import { yamlText } from "../render/yaml-text.ts";

/** What cloud-init is told; the part of its `cloud-config` that is used here (cloudinit.readthedocs.io, module reference). */
export interface CloudConfig {
	readonly hostname?: string;
	readonly users: readonly {
		readonly name: string;
		readonly sshKeys: readonly string[];
		readonly groups: readonly string[];
	}[];
	readonly files: readonly { readonly path: string; readonly mode: string; readonly content: string }[];
	readonly packages: readonly string[];
	/** Commands, each a list of words: no shell reads them. */
	readonly commands: readonly (readonly string[])[];
}

/** The text of `user-data`. A list of words in `runcmd` is run without a shell, so that words need no quoting. */
export function cloudConfigText(config: CloudConfig): string {
	const document = {
		...(config.hostname === undefined ? {} : { hostname: config.hostname, preserve_hostname: false }),
		...(config.users.length === 0
			? {}
			: {
					users: [
						"default",
						...config.users.map((user) => ({
							name: user.name,
							lock_passwd: true,
							shell: "/bin/bash",
							...(user.groups.length > 0 ? { groups: user.groups } : {}),
							ssh_authorized_keys: user.sshKeys,
						})),
					],
				}),
		...(config.packages.length === 0 ? {} : { packages: config.packages }),
		...(config.files.length === 0
			? {}
			: {
					write_files: config.files.map((file) => ({
						path: file.path,
						permissions: file.mode,
						owner: "root:root",
						content: file.content,
					})),
				}),
		...(config.commands.length === 0 ? {} : { runcmd: config.commands }),
	};
	return `#cloud-config\n${Object.keys(document).length === 0 ? "{}\n" : yamlText(document)}`;
}

/** The text of `meta-data` (NoCloud data source). A new instance id makes cloud-init run everything again. */
export function cloudMetaData(instanceId: string, hostname: string | undefined): string {
	return yamlText({ "instance-id": instanceId, ...(hostname === undefined ? {} : { "local-hostname": hostname }) });
}
