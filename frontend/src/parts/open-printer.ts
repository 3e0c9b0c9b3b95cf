/** Opens the dialog of a printer, which is loaded only then. */
import type { PrintagoCard } from "../card";
import type { Printer } from "../farm";

export function openPrinter(card: PrintagoCard, printer: Printer): void {
  void import("./printer-dialog").then(({ PrinterDialog }) => PrinterDialog.open(card, printer));
}
