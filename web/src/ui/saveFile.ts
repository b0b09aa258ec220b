/** Give the reader a text as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  saveAddress(name, address);
  URL.revokeObjectURL(address);
}

/** Give the reader what is at an address, or in one that begins with `data:`, as a file. */
export function saveAddress(name: string, address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
