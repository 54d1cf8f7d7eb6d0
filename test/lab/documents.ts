/** Values of the documents that a lab is run with. JSON is YAML. */

/** The boot document: everybody boots the lab's image. */
export function labBootDocument({ kernelArguments = [], agent = true }: BootWish = {}): string {
	return JSON.stringify({
		apiVersion: "rollcall/v1",
		kind: "Boot",
		profiles: [
			{
				name: "lab",
				kernel: `/assets/${LAB_ASSETS.kernel}`,
				initrd: [`/assets/${LAB_ASSETS.initrd}`],
				args: [
					"console=ttyS0",
					// The kernel would print its arguments, and the boot token is one of them.
					"quiet",
					"systemd.show_status=true",
					"mitigations=off",
					// Debian's kernel clears memory whenever it is taken, which is dear where it is emulated.
					"init_on_alloc=0",
					"ignition.config.url={{ignition}}",
					...kernelArguments,
				],
				ignition: {},
				agent,
			},
		],
		groups: [{ name: "default", profile: "lab" }],
	});
}

/** What a boot document differs in. */
export interface BootWish {
	readonly kernelArguments?: readonly string[];
	/** False: the machines boot without an agent, to compare. */
	readonly agent?: boolean;
}

/** The names of the image's files among the assets. */
export const LAB_ASSETS = { kernel: "lab/kernel", initrd: "lab/initrd" } as const;

/**
 * The cluster document: whoever boots is let in. The first machine is a worker, as rollcall renders it; all others have a role of
 * the lab's own, with a unit that ticks into the journal.
 */
export const LAB_CLUSTER = JSON.stringify({
	apiVersion: "rollcall/v1",
	kind: "Cluster",
	name: "lab",
	kubernetes: { version: "1.36", podNetwork: "routed" },
	approval: { rules: [{ name: "lab-machines", selector: {} }] },
	slots: [
		{ name: "worker", role: "worker", count: 1 },
		{ name: "ticker", role: "ticker", count: "rest" },
	],
	roles: {
		ticker: {
			files: [
				{
					path: "/run/systemd/system/ticker.service",
					mode: "0644",
					content:
						"[Unit]\nDescription=ticks into the journal\n\n[Service]\nExecStart=/bin/sh -c 'n=0; while :; do n=$$((n + 1)); echo {{nodeName}} tick $$n; sleep 1; done'\n",
				},
			],
			units: [{ name: "ticker.service" }],
			probes: [{ kind: "unit", component: "ticker", unit: "ticker.service" }],
		},
	},
});
