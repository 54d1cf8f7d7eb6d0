/** What the command line works out without a coordinator: pure functions from documents to text. */
export { convertButane } from "../boot/butane/convert.ts";
export { dhcpdText } from "../boot/dhcpd.ts";
export { dnsmasqText } from "../boot/dnsmasq.ts";
export { readBootDocument } from "../boot/document.ts";
export { findingText } from "../boot/finding.ts";
export { keaText } from "../boot/kea.ts";
export { importMatchbox } from "../boot/matchbox/import.ts";
export { checksumOf } from "../boot/releases/checksums.ts";
export { FEDORA_STREAMS, type FedoraStream, fedoraFiles, fedoraMetadata } from "../boot/releases/fedora-coreos.ts";
export {
	FLATCAR_CHANNELS,
	type FlatcarChannel,
	flatcarCurrent,
	flatcarFiles,
	flatcarVersion,
} from "../boot/releases/flatcar.ts";
export { kubernetesFiles } from "../boot/releases/kubernetes.ts";
export type { ReleaseArch, ReleaseFile } from "../boot/releases/release-file.ts";
export { CoordinatorConfig } from "../config.ts";
export { checkSettings } from "../document/check-settings.ts";
export { parseDocument } from "../document/parse-document.ts";
export { readYaml } from "../document/read-yaml.ts";
export { Unencodable } from "../errors.ts";
export { type OfflineTree, renderOffline } from "../render/offline-tree.ts";
export { KNOWN_VERSIONS } from "../render/versions.ts";
