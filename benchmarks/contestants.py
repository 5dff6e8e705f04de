"""The generated service as shipped, and its limits."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.load import Request
from benchmarks.processes import ROOT, free_port
from benchmarks.servers import GET, HEALTH, LIST, PATCH, Operation, Plan
from benchmarks.stage import EMAIL, Stage

OURS = "mkbackend"
TELLING = "mkbackend with metrics and traces"
LIMITS = ("L1", "L3", "L3A")
REFERENCE = "L3A"
# The application of the generated service, as driver.py imports it
APP = "app.main:app"
REGISTER = "/api/v1/auth/register"
PASSWORD = "a quiet harbour"  # noqa: S105  # of a database that exists for this run only


def users_at(path: str) -> dict[str, Operation]:
    """Return the operations of an API with its users at this path."""
    return {
        GET: lambda user, _: Request("GET", f"{path}/{user}"),
        LIST: lambda *_: Request("GET", f"{path}?limit=20"),
        PATCH: lambda user, name: Request("PATCH", f"{path}/{user}", json={"full_name": name}),
    }


def health_at(path: str) -> dict[str, Operation]:
    """Return the health check at this path, as an operation."""
    return {HEALTH: lambda *_: Request("GET", path)}


def register_at(path: str) -> Callable[[str], Request]:
    """Return the request that registers an account at this path, from its name."""
    return lambda name: Request(
        "POST", path, json={"email": f"{name}@example.com", "password": PASSWORD, "full_name": "Grace Hopper"}
    )


def ours(stage: Stage, **settings: str) -> Plan:
    """Return the plan of the generated service in production: JSON logs, request ids, login, rate limits."""
    env = {
        "DATABASE_URL": stage.url,
        "ENVIRONMENT": "production",
        # The generated .env has other values, for development.
        "DEBUG": "false",
        "RELOAD": "false",
        "JOBS_IN_API": "false",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "PORT": "{port}",
        # Required in production. Only a registration sends mail.
        "SMTP_HOST": "127.0.0.1",
        "PUBLIC_URL": "https://example.com",
    }
    login = Request("POST", "/api/v1/auth/login", form=_form(stage))
    operations = users_at("/api/v1/users") | health_at("/api/v1/health")
    command = (stage.python, "-m", "app")
    return Plan(OURS, command, stage.project, env | settings, operations, stage.users, login, register_at(REGISTER))


def telling(stage: Stage, collector: str) -> Plan:
    """Return the same plan with telemetry: each request is counted, and traced with its statements."""
    return replace(ours(stage, METRICS_PORT=str(free_port()), OTLP_ENDPOINT=collector), name=TELLING)


def limits(stage: Stage) -> list[Plan]:
    """Return the plans of the limits, on the same table of the same database."""
    return [limit(name, stage) for name in LIMITS]


def app_of(name: str) -> str:
    """Return the application of a limit, as uvicorn and driver.py import it."""
    return f"benchmarks.limits.{name.lower()}:app"


def limit(name: str, stage: Stage) -> Plan:
    """Return the plan of one limit."""
    command = (stage.python, "-m", "uvicorn", app_of(name), "--port", "{port}", "--no-access-log")
    env = {"DATABASE_URL": stage.url, "JWT_SECRET_KEY": "a key of thirty-two characters or more"}
    users = users_at("/users")
    if name != REFERENCE:
        return Plan(name, command, ROOT, env, users, stage.users)
    login = Request("POST", "/token", form=_form(stage))
    return Plan(name, command, ROOT, env, users | health_at("/health"), stage.users, login)


def _form(stage: Stage) -> dict[str, str]:
    return {"username": EMAIL, "password": stage.password}
