import type { ExecutionItem } from "../../api/views.gen";
import type { ListColumn, Usual } from "./columns";

interface Props {
  readonly row: ExecutionItem;
  readonly index: number;
  readonly columns: readonly ListColumn[];
  readonly usual: Usual;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly onOpen: () => void;
  readonly onSelect: () => void;
}

export function ExecutionRow({ row, index, columns, usual, isCurrent, isSelected, onOpen, onSelect }: Props) {
  return (
    <tr
      className={`click${isCurrent ? " cur" : ""}${isSelected ? " picked" : ""}`}
      aria-rowindex={index + 1}
      aria-current={isCurrent ? "true" : undefined}
      aria-selected={isSelected}
      onClick={onOpen}
    >
      <td className="pick">
        <input
          type="checkbox"
          checked={isSelected}
          aria-label={`Select ${row.agent}, ${row.status}`}
          onChange={onSelect}
          onClick={(event) => event.stopPropagation()}
        />
      </td>
      {columns.map(({ id, isRight, className = "", cell }) => (
        <td key={id} className={`${isRight ? "r " : ""}${className}`}>
          {cell(row, usual)}
        </td>
      ))}
    </tr>
  );
}
