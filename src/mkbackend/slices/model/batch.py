"""A batch of steps: each is planned for the project as the earlier ones will leave it, and all are written at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mkbackend.slices import planned
from mkbackend.slices.draft import Draft, begin, complete, draft
from mkbackend.slices.extend import extend
from mkbackend.slices.model.order import in_order
from mkbackend.slices.record import Record
from mkbackend.slices.remove import removal
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.survey import Survey


@dataclass
class Batch:
    """Planned steps.

    Attributes:
        found: the survey of the project after all steps.
        steps: the changes.
        unplaced: lines that could not be merged, by file.
        kept: edited files of removed resources.
    """

    found: Survey
    steps: dict[str, str | None] = field(default_factory=dict)
    unplaced: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def remove(self, records: Sequence[Record]) -> None:
        """Remove resources, each before those that it refers to."""
        left = list(records)
        while left:
            known = next((each for each in left if not self._is_needed(each.resource, left)), left[0])
            steps, kept = removal(known, self.found)
            self.found = planned.without_slice(self.found, known.resource, steps)
            self.steps |= steps
            self.kept += kept
            left.remove(known)

    def create(self, resources: Sequence[Resource]) -> None:
        """Create resources in the order of their references; all files are formatted together."""
        drafts: list[Draft] = []
        begun: list[tuple[Draft, Resource]] = []
        for each in in_order(resources):
            if each.is_complete:
                drafts.append(self._planned(draft(each.resource, self.found)))
            else:
                begun.append((self._begun(each.first), each.resource))
        drafts += [self._planned(complete(first, resource, self.found)) for first, resource in begun]
        if drafts:
            texts = {path: text for made in drafts for path, text in made.files.items()}
            formatted = render.formatted(texts, self.found.project)
            for made in drafts:
                self.steps |= made.written(formatted)

    def extend(self, known: Record, more: Description) -> None:
        """Add fields, constraints and steps to an existing resource."""
        resource, steps, unplaced = extend(known, more, self.found)
        self.found = planned.with_slice(self.found, resource, steps)
        self.steps |= steps
        self.unplaced |= unplaced

    def _planned(self, done: Draft) -> Draft:
        self.found = planned.with_slice(self.found, done.resource, done.files)
        return done

    def _begun(self, first: Resource) -> Draft:
        """Return the first part of a slice, whose files others may need already."""
        done = self._planned(begin(first, self.found))
        places = dict.fromkeys(render.places(first.name), "")
        self.found = replace(self.found, planned={**self.found.planned, **places})
        return done

    def _is_needed(self, resource: Resource, records: Sequence[Record]) -> bool:
        """Return whether others of the records refer to a resource."""
        others = [known.resource.plural for known in records if known.resource.name != resource.name]
        return any(resource.plural in self.found.leads.get(table, ()) for table in others)
