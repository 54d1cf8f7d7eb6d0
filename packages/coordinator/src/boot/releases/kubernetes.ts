import { findVersion } from "../../render/versions.ts";
import { ARCHITECTURES, type ReleaseArch, type ReleaseFile } from "./release-file.ts";

const BIN = "/opt/rollcall/bin";
const PLUGINS = ["bandwidth", "bridge", "firewall", "host-local", "loopback", "portmap", "tuning"] as const;
const CONTAINERD = ["containerd", "containerd-shim-runc-v2", "ctr"] as const;

/**
 * What a node of this Kubernetes release runs, from the release addresses of its makers. Undefined for a version that this
 * program does not render.
 */
export function kubernetesFiles(declared: string, arch: ReleaseArch): ReleaseFile[] | undefined {
	const version = findVersion(declared);
	if (!version) return undefined;
	const { containerd, runc, cniPlugins, crictl } = version.programs;
	const { go } = ARCHITECTURES[arch];
	const github = "https://github.com";
	const archive = (
		name: string,
		url: string,
		sumEnd: string,
		members: ReleaseFile["artifact"] & object,
	): ReleaseFile => ({
		name: `${name}/${url.slice(url.lastIndexOf("/") + 1)}`,
		url,
		sum: { algorithm: "sha256", url: `${url}${sumEnd}` },
		artifact: members,
	});
	const unpacked = (note: string, members: readonly (readonly [member: string, path: string])[]) => ({
		path: `/opt/rollcall/notes/${note}`,
		mode: "0644",
		unpack: members.map(([member, path]) => ({ member, path, mode: "0755" })),
	});
	return [
		...["kubelet", "kubectl"].map((program): ReleaseFile => {
			const url = `https://dl.k8s.io/${version.release}/bin/linux/${go}/${program}`;
			return {
				name: `kubernetes/${version.release}/${go}/${program}`,
				url,
				sum: { algorithm: "sha256", url: `${url}.sha256` },
				artifact: { path: `${BIN}/${program}`, mode: "0755" },
			};
		}),
		archive(
			`crictl/v${crictl}/${go}`,
			`${github}/kubernetes-sigs/cri-tools/releases/download/v${crictl}/crictl-v${crictl}-linux-${go}.tar.gz`,
			".sha256",
			unpacked("crictl", [["crictl", `${BIN}/crictl`]]),
		),
		archive(
			`containerd/v${containerd}/${go}`,
			`${github}/containerd/containerd/releases/download/v${containerd}/containerd-${containerd}-linux-${go}.tar.gz`,
			".sha256sum",
			unpacked(
				"containerd",
				CONTAINERD.map((program) => [`bin/${program}`, `${BIN}/${program}`]),
			),
		),
		{
			name: `runc/v${runc}/${go}/runc`,
			url: `${github}/opencontainers/runc/releases/download/v${runc}/runc.${go}`,
			sum: { algorithm: "sha256", url: `${github}/opencontainers/runc/releases/download/v${runc}/runc.sha256sum` },
			signature: `${github}/opencontainers/runc/releases/download/v${runc}/runc.${go}.asc`,
			artifact: { path: `${BIN}/runc`, mode: "0755" },
		},
		archive(
			`cni-plugins/v${cniPlugins}/${go}`,
			`${github}/containernetworking/plugins/releases/download/v${cniPlugins}/cni-plugins-linux-${go}-v${cniPlugins}.tgz`,
			".sha256",
			unpacked(
				"cni-plugins",
				PLUGINS.map((plugin) => [`./${plugin}`, `/opt/cni/bin/${plugin}`]),
			),
		),
	];
}
