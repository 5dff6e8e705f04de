"""Jobs about reports."""

from app.kit.queue.job import Job


class ReportUsage(Job):
    """Report how the service is used."""

    name = "report-usage"
    schedule = "* * * * *"


class BookPayment(Job):
    """Book a payment that the provider has announced."""

    name = "book-payment"

    reference: str
