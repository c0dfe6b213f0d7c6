"""Keys of subjects in memory, those used last. Whether they still hold is for who asks to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from chassis.sealing import SubjectKey, forget_ciphers

Held = dict[str, dict[str, SubjectKey | None]]


class Remembered:
    """Least recently used, approximately: what was not asked for during one whole filling of `_recent` is dropped."""

    def __init__(self, most: int) -> None:
        self._recent: Held = {}
        self._older: Held = {}
        self._filled = 0
        self._filling = max(1, most // 2)

    def __len__(self) -> int:
        return sum(len(keys) for held in (self._recent, self._older) for keys in held.values())

    def __contains__(self, at: tuple[str, str]) -> bool:
        """Whether the key of a (tenant, subject) is here, or that there is none."""
        tenant, subject = at
        return any(subject in held.get(tenant, ()) for held in (self._recent, self._older))

    def of(self, tenant: str, subject_ids: Iterable[str]) -> tuple[dict[str, SubjectKey | None], set[str]]:
        """(what is remembered of these subjects, None for those that have no key; the others)"""
        found: dict[str, SubjectKey | None] = {}
        missing: set[str] = set()
        recent = self._recent.get(tenant, {})
        for subject in subject_ids:
            if subject in recent:
                found[subject] = recent[subject]
            else:
                missing.add(subject)
        older = self._older.get(tenant)
        if older and missing:
            again = {subject: older[subject] for subject in missing if subject in older}
            self.add(tenant, again)
            found |= again
            missing -= again.keys()
        return found, missing

    def add(self, tenant: str, keys: Mapping[str, SubjectKey | None]) -> None:
        """Remembers keys, and that there is none."""
        if self._filled and self._filled + len(keys) > self._filling:
            self._older, self._recent, self._filled = self._recent, {}, 0
        recent = self._recent.setdefault(tenant, {})
        self._filled -= len(recent)
        recent.update(keys)
        self._filled += len(recent)

    def forget(self, subject_id: str, tenant: str | None = None) -> None:
        """Drops a subject (of every tenant where none is named)."""
        forget_ciphers()
        for held in (self._recent, self._older):
            for keys in held.values() if tenant is None else (held.get(tenant, {}),):
                keys.pop(subject_id, None)
        self._count()

    def forget_tenants(self, tenants: Collection[str]) -> None:
        """Drops all of these tenants."""
        forget_ciphers()
        for held in (self._recent, self._older):
            for tenant in tenants:
                held.pop(tenant, None)
        self._count()

    def _count(self) -> None:
        self._filled = sum(map(len, self._recent.values()))
