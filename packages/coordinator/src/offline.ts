/** What the command line works out without a coordinator: pure functions from documents to text. */
export { convertButane } from "./boot/butane/convert.ts";
export { dnsmasqText } from "./boot/dnsmasq.ts";
export { readBootDocument } from "./boot/document.ts";
export { findingText } from "./boot/finding.ts";
export { importMatchbox } from "./boot/import-matchbox.ts";
export { Unencodable } from "./boot/unencodable.ts";
export { parseDocument } from "./document/parse-document.ts";
export { readYaml } from "./document/read-yaml.ts";
export { type OfflineTree, renderOffline } from "./render/offline-tree.ts";
