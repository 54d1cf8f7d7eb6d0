import type { Node } from "./node.ts";

/** Components with an image, as `images.overrides` of the document names them. */
export const IMAGE_COMPONENTS = [
	"kube-apiserver",
	"kube-controller-manager",
	"kube-scheduler",
	"kube-proxy",
	"etcd",
	"pause",
	"coredns",
	"flannel",
	"flannel-cni-plugin",
	"haproxy",
	"nfs-driver",
	"csi-provisioner",
	"csi-node-driver-registrar",
	"calico-node",
	"calico-cni",
	"calico-kube-controllers",
	"check",
] as const;
export type ImageComponent = (typeof IMAGE_COMPONENTS)[number];

const KUBERNETES_REPOSITORY = "registry.k8s.io";

/** The image of a component: the operator's override, else the one that kubeadm of this version uses. */
export function imageOf(node: Pick<Node, "document" | "version">, component: ImageComponent): string {
	const { images } = node.document;
	const { version } = node;
	const override = images.overrides[component];
	if (override !== undefined) return override;
	const repository = images.repository ?? KUBERNETES_REPOSITORY;
	switch (component) {
		case "etcd":
			return `${repository}/etcd:${version.etcd}`;
		case "pause":
			return `${repository}/pause:${version.pause}`;
		case "coredns":
			return `${repository}/coredns/coredns:${version.coredns}`;
		case "flannel":
			return "ghcr.io/flannel-io/flannel:v0.27.4";
		case "flannel-cni-plugin":
			return "ghcr.io/flannel-io/flannel-cni-plugin:v1.8.0-flannel1";
		case "haproxy":
			return "docker.io/library/haproxy:3.2-alpine";
		case "nfs-driver":
			return `${repository}/sig-storage/nfsplugin:v4.13.4`;
		case "csi-provisioner":
			return `${repository}/sig-storage/csi-provisioner:v6.3.0`;
		case "csi-node-driver-registrar":
			return `${repository}/sig-storage/csi-node-driver-registrar:v2.17.0`;
		case "calico-node":
			return `quay.io/calico/node:${version.calico}`;
		case "calico-cni":
			return `quay.io/calico/cni:${version.calico}`;
		case "check":
			return "docker.io/library/busybox:1.37";
		case "calico-kube-controllers":
			return `quay.io/calico/kube-controllers:${version.calico}`;
		default:
			return `${repository}/${component}:${version.release}`;
	}
}
